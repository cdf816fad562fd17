/** What a calibrated model answers, for those who ask it in Python: as `answerBy` has it, with nothing to install. */

/** Takes the logits of one image, as a list, an array or a tensor. */
export const answerInPython = `import math

def answer(logits, classes, calibration):
    logits = [float(logit) for logit in logits]
    raised = [math.exp((logit - max(logits)) / calibration["temperature"]) for logit in logits]
    shares = [share / sum(raised) for share in raised]
    best = logits.index(max(logits))
    enough = lambda share, threshold: threshold is not None and share >= threshold
    if enough(shares[best], calibration["thresholds"][best]):
        return classes[best], shares[best]
    for rank in calibration["ranks"]:
        sums = {}
        for group, share in zip(rank["groups"], shares):
            sums[group] = sums.get(group, 0) + share
        group = max(sums, key=sums.get)
        if enough(sums[group], rank["threshold"]):
            return f"{group} ({rank['rank']})", sums[group]
    return "unknown", shares[best]
`;
