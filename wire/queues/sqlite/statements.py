"""The queue's SQL statements.

Fair turns are self-clocked fair queueing (S. J. Golestani, INFOCOM 1994) with jobs of one size: a
job gets the turn after its submitter's last one, but none before the lowest turn that waits. So the
jobs of submitters alternate, and one that comes late is not behind all jobs of another. Jobs in
progress do not count: one that takes long would let later submitters pass those that wait.
"""
# ruff: noqa: S608, every statement consists of this module's constants

_TURN = """max(
    coalesce((SELECT max(turn) + 1 FROM jobs AS own WHERE own.submitter IS {submitter}), 0),
    coalesce(
        (SELECT min(turn) FROM jobs WHERE not_before = 0 AND lease IS NULL),
        (SELECT max(turn) + 1 FROM jobs WHERE not_before = 0),
        0
    )
)"""

PUBLISH = f"""
INSERT INTO jobs (body, submitter, turn) VALUES (?1, ?2, {_TURN.format(submitter="?2")})
"""

# ?1 is now, ?2 the latest end of a valid lease, ?3 that of a pause before a retry.
_IS_PAUSED = "EXISTS (SELECT 1 FROM pauses)"
_IS_LEASED = "leased_until BETWEEN ?1 AND ?2"
_IS_RETRIED_LATER = "not_before BETWEEN ?1 AND ?3"
_IS_READY = f"NOT ({_IS_LEASED}) AND NOT ({_IS_RETRIED_LATER}) AND NOT {_IS_PAUSED}"
_IN_ORDER = "ORDER BY in_front DESC, turn, position"

ANY_READY = f"""
SELECT 1 WHERE NOT {_IS_PAUSED}
    AND EXISTS (SELECT 1 FROM jobs WHERE NOT ({_IS_LEASED}) AND NOT ({_IS_RETRIED_LATER}))
"""
"""Quick in a pause too, when many jobs wait: each idle worker runs it often."""

LEASE = f"""
UPDATE jobs
SET attempts = attempts + 1, leased_until = ?4, lease = random() & 0x7fffffffffffffff
WHERE position IN (SELECT position FROM jobs WHERE {_IS_READY} {_IN_ORDER} LIMIT ?5)
RETURNING
    -in_front, turn, position, lease, attempts, CAST(body AS BLOB),
    coalesce((SELECT count FROM releases WHERE releases.position = jobs.position), 0)
"""
"""RETURNING guarantees no order (https://www.sqlite.org/lang_returning.html)."""

RENEW = "UPDATE jobs SET leased_until = ? WHERE lease = ?"
RETURN = "UPDATE jobs SET lease = NULL, leased_until = 0 WHERE lease = ?"
COUNT_RELEASE = """
INSERT INTO releases SELECT position, 1 FROM jobs WHERE lease = ?
ON CONFLICT DO UPDATE SET count = count + 1
"""
RETRY_LATER = f"""
UPDATE jobs SET lease = NULL, leased_until = 0, not_before = ?2, in_front = 0,
    turn = {_TURN.format(submitter="jobs.submitter")},
    position = (SELECT max(position) + 1 FROM jobs)
WHERE lease = ?1
"""
MOVE_TO_FRONT = f"""
UPDATE jobs SET in_front = (SELECT max(in_front) + 1 FROM jobs), not_before = 0
WHERE NOT ({_IS_LEASED}) AND ?3 = CASE
    WHEN json_valid(CAST(body AS TEXT)) THEN json_extract(CAST(body AS TEXT), '$.id')
END
RETURNING position
"""
PAUSE = "INSERT OR IGNORE INTO pauses VALUES (1)"
RESUME = "DELETE FROM pauses"

REMOVE_WAITING = f"DELETE FROM jobs WHERE NOT ({_IS_LEASED}) RETURNING CAST(body AS BLOB)"
REMOVE = "DELETE FROM jobs WHERE lease = ? RETURNING CAST(body AS BLOB)"

COUNT = f"""
SELECT count(*) FILTER (WHERE {_IS_READY}), count(*) FILTER (WHERE {_IS_LEASED}),
    count(*), {_IS_PAUSED}
FROM jobs
"""

ADD_DEAD_LETTER = "INSERT INTO dead_letters (body, reason, died_at) VALUES (?, ?, ?)"
REMOVE_DEAD_LETTER = "DELETE FROM dead_letters WHERE number = ? RETURNING body"
COUNT_DEAD_LETTERS = "SELECT count(*) FROM dead_letters"
NEWEST_DEAD_LETTERS = (
    "SELECT number, body, reason, died_at FROM dead_letters ORDER BY number DESC LIMIT ?"
)
