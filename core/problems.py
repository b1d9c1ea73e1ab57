"""The tree of what can go wrong.

    Problem                       exit  retryable
    ├── Usage                       2             the command line or a file is wrong
    ├── Blocked                     3             a check says no before anything is changed
    ├── NotSignedIn                 4             no credentials, wrong ones, expired ones
    │   └── CodeNeeded              4             the AWS profile asks for an MFA code
    ├── NotAllowed                  4             signed in, but without the right
    ├── Waiting                     5             on somebody else; safe to go on later
    ├── Failed                      1             a side refused or ended in a state that cannot be used
    │   ├── NotFound                1             what was named does not exist (or not any more)
    │   ├── Conflict                1             the name or the thing is taken
    │   └── Nonsense                1             an answer that is not what the API says it answers
    └── Passing                     1      yes    a fault that passes: throttled, unreachable, 5xx
        ├── NotYet                  1      yes    just made, not usable yet: expected
        ├── Busy                    1      yes    another change to the same thing is in flight
        └── Unclear                 1      yes    a change was sent and no answer came: look before sending again

Every problem says what happened, why, and what to do now. `code` is stable: scripts match on it. What the other side
said may repeat what it was sent: secrets are blotted out of it here.
"""

from typing import ClassVar, Final

from core.redaction import redact
from core.text import clean

LONGEST_PASTE: Final = 6144
"""Characters that IAM takes of a policy."""


class Problem(Exception):
    """What happened (`what`), why (`cause`), what to do now (`remedy`). `request_id` is what support asks for.

    `page`: the wizard page that puts it right, as findings name it (`core.checks.findings.Page`); empty where none can.
    `paste`: what puts it right elsewhere, ready to paste: a policy.
    """

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        code: str,
        what: str,
        *,
        cause: str = "",
        remedy: str = "",
        request_id: str = "",
        wait: float = 0.0,
        page: str = "",
        paste: str = "",
    ) -> None:
        self.code = code
        self.what = clean(redact(what))
        self.cause = clean(redact(cause))
        self.remedy = clean(redact(remedy))
        self.request_id = clean(redact(request_id), 200)
        self.page = page
        self.paste = clean(redact(paste), LONGEST_PASTE)
        self.wait = wait
        """Seconds the other side asked us to wait (`Retry-After`); 0 when it did not."""
        super().__init__(self.what)

    @property
    def what_and_why(self) -> str:
        """For where the remedy is another's to say."""
        return f"{self.what} {self.cause}".strip()

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.cause, self.remedy) if part)


class Usage(Problem):
    exit_code = 2


class Blocked(Problem):
    exit_code = 3


class NotSignedIn(Problem):
    exit_code = 4


class CodeNeeded(NotSignedIn):
    pass


class NotAllowed(Problem):
    exit_code = 4


class Waiting(Problem):
    exit_code = 5


class Failed(Problem):
    pass


class NotFound(Failed):
    pass


class Conflict(Failed):
    pass


class Nonsense(Failed):
    pass


class Passing(Problem):
    retryable = True


class NotYet(Passing):
    pass


class Busy(Passing):
    pass


class Unclear(Passing):
    pass
