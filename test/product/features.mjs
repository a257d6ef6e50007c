// Features of a sender; of the sender "old" the source knows nothing new, and the table behind it speaks.
export function createFeatures() {
  return ({ sender }) => {
    if (sender === 'old') throw new Error('the source does not answer for this sender');
    return { mails: 12 };
  };
}
