"""Makes vectors.json: what scikit-learn says about real predictions on the data that come with it.

    /usr/bin/python3 vectors.py > vectors.json   (Debian 12: apt-get install python3-sklearn)

Data: breast cancer, wine, digits and diabetes of sklearn.datasets (UCI repository and Efron et al. 2004); the predictions are those of
models that had not seen the rows (five folds). Scores are rounded to six digits first, so that the JSON holds exactly what was measured.
"""

import json
import sys

import numpy as np
import scipy
import sklearn
from sklearn import datasets, metrics
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)


def binary():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    # The first four columns only: a model that errs has more to measure.
    score = np.round(cross_val_predict(model, x[:, :4], y, cv=FOLDS, method="predict_proba")[:, 1], 6)
    predicted = (score >= 0.5).astype(int)
    weight = np.round(0.25 + 2 * (x[:, 5] / x[:, 5].max()), 3)
    coarse = np.round(score, 1)  # many ties
    out = {"actual": y.tolist(), "score": score.tolist(), "weight": weight.tolist(), "expected": {}, "weighted": {}}
    for key, w in (("expected", None), ("weighted", weight)):
        out[key] = {
            "accuracy": metrics.accuracy_score(y, predicted, sample_weight=w),
            "precision": metrics.precision_score(y, predicted, sample_weight=w),
            "recall": metrics.recall_score(y, predicted, sample_weight=w),
            "f1": metrics.f1_score(y, predicted, sample_weight=w),
            "roc_auc": metrics.roc_auc_score(y, score, sample_weight=w),
            "pr_auc": metrics.average_precision_score(y, score, sample_weight=w),
            "roc_auc_ties": metrics.roc_auc_score(y, coarse, sample_weight=w),
            "pr_auc_ties": metrics.average_precision_score(y, coarse, sample_weight=w),
            "log_loss": metrics.log_loss(y, score, sample_weight=w),
            "log_loss_certain": metrics.log_loss(y, np.round(score), sample_weight=w),
            "brier": metrics.brier_score_loss(y, score, sample_weight=w),
        }
    return out


def multiclass():
    x, y = datasets.load_wine(return_X_y=True)
    predicted = cross_val_predict(GaussianNB(), x[:, :2], y, cv=FOLDS)
    weight = np.round(0.5 + x[:, 4] / x[:, 4].max(), 3)
    # A class that is never right, and one that is answered but never true.
    actual = np.where(np.arange(len(y)) % 37 == 0, 3, y)
    predicted = np.where(np.arange(len(y)) % 41 == 0, 4, predicted)
    out = {"actual": actual.tolist(), "predicted": predicted.tolist(), "weight": weight.tolist()}
    for key, w in (("expected", None), ("weighted", weight)):
        out[key] = {"accuracy": metrics.accuracy_score(actual, predicted, sample_weight=w)}
        for average in ("macro", "micro", "weighted"):
            for name, of in (
                ("precision", metrics.precision_score),
                ("recall", metrics.recall_score),
                ("f1", metrics.f1_score),
            ):
                out[key][f"{name}_{average}"] = of(actual, predicted, average=average, sample_weight=w, zero_division=0)
    return out


def regression():
    x, y = datasets.load_diabetes(return_X_y=True)
    predicted = np.round(cross_val_predict(LinearRegression(), x, y, cv=KFold(5, shuffle=True, random_state=0)), 6)
    weight = np.round(1 + x[:, 2] * 5, 4)
    zero = np.where(np.arange(len(y)) % 50 == 0, 0, y)
    out = {"actual": y.tolist(), "predicted": predicted.tolist(), "weight": weight.tolist()}
    for key, w in (("expected", None), ("weighted", weight)):
        out[key] = {
            "mae": metrics.mean_absolute_error(y, predicted, sample_weight=w),
            "rmse": metrics.mean_squared_error(y, predicted, sample_weight=w, squared=False),
            "mape": metrics.mean_absolute_percentage_error(y, predicted, sample_weight=w),
            "mape_every_50th_actual_is_0": metrics.mean_absolute_percentage_error(zero, predicted, sample_weight=w),
        }
    return out


def ranking():
    """Which digits look like this one: 24 others by cosine; relevant is the same digit, a little relevant one that differs by one."""
    x, y = datasets.load_digits(return_X_y=True)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    queries, lists = rng.choice(len(y), 30, replace=False), []
    for q in queries:
        others = rng.choice(np.delete(np.arange(len(y)), q), 24, replace=False)
        score = np.round(x[others] @ x[q], 6)
        relevance = np.where(y[others] == y[q], 3, np.where(np.abs(y[others] - y[q]) == 1, 1, 0))
        lists.append((relevance, score))
    relevance = np.array([r for r, _ in lists])
    score = np.array([s for _, s in lists])
    coarse = np.round(score, 1)
    same = (relevance == 3).astype(int)
    expected = {"label_ranking_average_precision": metrics.label_ranking_average_precision_score(same[same.sum(1) > 0], score[same.sum(1) > 0])}
    for k in (1, 5, 10, 24):
        expected[f"ndcg_at_{k}"] = metrics.ndcg_score(relevance, score, k=k)
        expected[f"ndcg_at_{k}_ties"] = metrics.ndcg_score(relevance, coarse, k=k)
    return {"relevance": relevance.tolist(), "score": score.tolist(), "expected": expected}


json.dump(
    {
        "made_with": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "binary": binary(),
        "multiclass": multiclass(),
        "regression": regression(),
        "ranking": ranking(),
    },
    sys.stdout,
)
sys.stdout.write("\n")
