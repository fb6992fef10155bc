"""What a programme may choose: every setting with its default, validated, from its TOML table.

Numbers carry their unit in their name. The preset `tech-peer` is the defaults; a programme's file
overrides single keys. Unknown keys are errors (pydantic, extra="forbid").
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from relaybot.model import Style

Hours = Annotated[int, Field(ge=1, le=24 * 365)]
Days = Annotated[int, Field(ge=1, le=3650)]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class Section(BaseModel):
    """A frozen table of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ApplicationSettings(Section):
    """Applying: nudges for an unfinished application, and how long anything is kept."""

    nudge_days: tuple[Days, ...] = Field(
        default=(2, 7), description="days of silence after which an unfinished application is recalled"
    )
    parked_days: Days = Field(default=14, description="days of silence after which an unfinished application is parked")
    erase_days: Days = Field(default=30, description="days after parking until the answers are deleted")
    guest_days: Days = Field(
        default=1, description="days until somebody who took their application back is forgotten altogether"
    )
    declined_days: Days = Field(default=30, description="days a declined application is kept")
    deferred_days: Days = Field(default=90, description="days a deferred application is kept")


class PromiseSettings(Section):
    """The promise to an applicant: by when a person has read it."""

    first_days: Days = Field(default=5, description="promised days before there is a record to learn from")
    record: int = Field(default=20, ge=5, le=200, description="how many past decisions the promise is learnt from")
    percentile: int = Field(
        default=90, ge=50, le=100, description="share of past decisions (percent) that kept the promised time"
    )
    min_days: Days = Field(default=3, description="shortest promise in days")
    max_days: Days = Field(default=14, description="longest promise in days")
    nudge_hours: Hours = Field(default=24, description="hours before the promise when moderators are reminded")


class ConsentSettings(Section):
    """Asking both sides, one after the other."""

    order: Literal["any_first"] = Field(
        default="any_first",
        description="who is asked first: the one accepted first, unless the moderator says otherwise",
    )
    undo_minutes: int = Field(
        default=10, ge=0, le=24 * 60, description="minutes a moderator can take a decision back before it leaves"
    )
    open_days: Days = Field(default=7, description="days an offer stays open")
    reminder_day: Days = Field(default=4, description="day on which an unanswered offer is recalled once")
    no_delay_hours: Hours = Field(
        default=24, description="a no reaches the other side up to this many hours later, at a random minute"
    )
    record: int = Field(
        default=20,
        ge=5,
        le=1000,
        description="how many offers must have ended before it is said how often one does not come together",
    )
    change_seconds: int = Field(
        default=60,
        ge=0,
        le=3600,
        description="seconds after a yes within which a no, perhaps on another medium, is told on every linked one",
    )
    search_days: Days = Field(default=14, description="promised days until a member in the waiting list hears again")


class SessionSettings(Section):
    """The hour and its clock."""

    length_minutes: Minutes = Field(default=60, description="length of an hour in minutes")
    swap: Literal["half", "off"] = Field(
        default="half", description="half: the direction of mentoring swaps at the half hour"
    )
    swap_warning_minutes: int = Field(
        default=5, ge=0, le=60, description="minutes before the swap when it is announced"
    )
    end_warning_minutes: int = Field(default=10, ge=0, le=60, description="minutes before the end when it is announced")
    warning_half_minutes: Minutes = Field(
        default=15, description="warnings are given only when a half is at least this many minutes"
    )
    min_half_minutes: Minutes = Field(default=10, description="a half never shrinks below this many minutes")
    reminder_hours: Hours = Field(default=24, description="hours before an hour when both are reminded")
    soon_minutes: Minutes = Field(default=15, description="minutes before an hour when both are called")
    absent_note_minutes: Minutes = Field(
        default=5, description="minutes after the start when an absent partner is written to"
    )
    absent_choice_minutes: Minutes = Field(
        default=10, description="minutes after the start when the one present is given a choice"
    )
    wait_minutes: Minutes = Field(default=20, description="minutes after the start up to which one can choose to wait")
    stale_seconds: int = Field(
        default=120, ge=10, le=3600, description="a clock line later than this many seconds is not said any more"
    )
    early_minutes: Minutes = Field(
        default=5, description="minutes before the start from which words of a partner count as being there"
    )
    ask_absent_minutes: Minutes = Field(
        default=30, description="minutes after a missed hour when whoever was absent is asked, in waking hours"
    )
    answer_minutes: Minutes = Field(
        default=120,
        description="a wish to move an hour that comes fewer minutes before it takes the hour off unless the partner answers in time",
    )
    extend_minutes: Minutes = Field(default=60, description="most minutes one extend may add")
    asked_days: Days = Field(
        default=7,
        description="days in which two people can say whether an hour by mail took place; without a word it did",
    )
    calendar_minutes: Minutes = Field(
        default=10, description="minutes after a farewell was told until its hours leave the partner's calendar"
    )
    letter_half_days: int = Field(
        default=3, ge=1, le=30, description="days each of two people has for a letter, where letters are their hours"
    )
    lead_hours: Hours = Field(default=24, description="hours from now before which no shared time is suggested")
    ahead_days: Days = Field(default=120, description="days ahead up to which an hour can be proposed")
    open_hours: int = Field(default=8, ge=1, le=50, description="most agreed hours of one pair at the same time")
    propose_days: Days = Field(default=14, description="days ahead in which shared times are looked for")
    answer_days: Days = Field(
        default=3, description="days after the introduction when new times are suggested if none is agreed"
    )
    hint_days: Days = Field(
        default=7, description="days after the introduction when moderators are told that no time is agreed"
    )
    case_days: Days = Field(
        default=14, description="days after the introduction when a case is opened because no time is agreed"
    )
    missed_in_row: int = Field(
        default=2, ge=1, le=10, description="hours missed in a row by one person after which moderators see it"
    )


class FitSettings(Section):
    """The private question after an hour."""

    after_minutes: Minutes = Field(
        default=20, description="minutes after the hour when both are asked, in waking hours"
    )
    good_fits: int = Field(
        default=2, ge=1, le=10, description="good answers of both after which a trial pair is an active one"
    )
    feedback_days: Days = Field(default=90, description="days after a pair's end until feedback words are deleted")


class FarewellSettings(Section):
    """Leaving without telling the partner oneself."""

    via: tuple[Literal["self", "moderator", "both"], ...] = Field(
        default=("self", "moderator", "both"), description="who may tell the partner"
    )
    neutral: bool = Field(default=False, description="true: the words for the partner do not say who ended it")
    abandoned_hours: Hours = Field(
        default=24, description="hours of silence after which a leaving goes to the moderators with the default text"
    )
    abandoned_minutes: Minutes = Field(
        default=5,
        description="the same in minutes while an hour runs or is about to begin, so that nobody waits in vain",
    )
    notice_chars: int = Field(default=600, ge=100, le=2000, description="longest farewell text, in characters")
    reminder_hours: Hours = Field(
        default=12, description="hours after which moderators are reminded of a farewell to be told"
    )
    second_hours: Hours = Field(default=24, description="hours after which every moderator is asked to tell a farewell")
    neutral_line_hours: Hours = Field(
        default=6, description="hours before the next planned hour when only the neutral line is sent"
    )
    self_days: Days = Field(
        default=3, description="days after which someone who tells it themselves is asked whether they have"
    )


class CaseSettings(Section):
    """Help from a moderator."""

    promise_hours: Hours = Field(default=48, description="hours within which a help case is answered")
    operator_hours: Hours = Field(
        default=24, description="hours a case may be without holder before the operator is told"
    )
    reopen_days: Days = Field(
        default=14, description="days after its end in which new words reopen a case instead of opening another"
    )
    about_minutes: Minutes = Field(
        default=60,
        description="minutes to say whether a case is about the moderator it names; after that it is kept from them",
    )


class SilenceSettings(Section):
    """When a pair goes quiet."""

    after_days: Days = Field(
        default=21, description="days without an hour or a word after which each partner is asked privately"
    )
    again_days: Days = Field(default=7, description="days until asked again, and then until a case")
    rest_days: Days = Field(default=14, description="days after the case until the pair rests (it is not ended)")


class ReachSettings(Section):
    """When and how often relaybot may write unasked."""

    quiet: str = Field(
        default="21:00-08:00", pattern=r"^\d\d:\d\d-\d\d:\d\d$", description="quiet hours in the member's own zone"
    )
    unasked_per_day: int = Field(default=1, ge=1, le=24, description="unasked messages to one person in a day, at most")
    unasked_per_week: int = Field(
        default=3, ge=1, le=168, description="unasked messages to one person in a week, at most"
    )
    looking_days: Days = Field(default=14, description="days between two news to someone who waits for a partner")
    letter_hours: Hours = Field(default=72, description="hours an undelivered message is kept before it is given up")
    elsewhere_hours: Hours = Field(
        default=4, description="hours a message waits for its address before another one of the person is used"
    )
    urgent_minutes: Minutes = Field(default=10, description="the same in minutes for what is urgent")
    gather_minutes: Minutes = Field(
        default=2, description="minutes of pause after which lines from a chat go to a reader of mail as one mail"
    )
    long_lines: int = Field(
        default=2, ge=1, le=50, description="lines of a long text shown at once in a chat; the rest with more"
    )
    more_lines: int = Field(default=5, ge=1, le=50, description="lines shown by more")
    talk_minutes: Minutes = Field(default=30, description="minutes of silence after which talk ends by itself")
    mute_hours: Hours = Field(default=24, description="hours mute lasts when no length is given")
    mute_days: Days = Field(default=14, description="longest mute in days")
    pause_days: Days = Field(default=366, description="longest pause in days")
    forget_hours: Hours = Field(default=24, description="hours between the yes to forget me and the deletion")
    audit_days: Days = Field(default=730, description="days the journal is kept")
    code_minutes: Minutes = Field(default=30, description="minutes a code sent to a chat address is valid")
    resend_minutes: Minutes = Field(
        default=10, description="minutes after which a code to the same address can be sent again"
    )


class MailSettings(Section):
    """Letters, the list, and what comes back."""

    newcomers_per_hour: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="people not known before who are answered by mail in an hour, at most; others are answered later",
    )
    unfinished: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="applications that are not handed in, at most; beyond that no mail begins another one",
    )
    code_hours: Hours = Field(default=72, description="hours a code or a confirmation sent by mail is valid")
    bounce_days: Days = Field(default=7, description="days after which a returned mail is forgotten")
    bounces: int = Field(
        default=5,
        ge=1,
        le=100,
        description="days with returned mail within bounce_days after which nothing is sent there",
    )
    file_days: Days = Field(default=7, description="days an attachment is kept for its reader")
    file_bytes: int = Field(
        default=10_000_000, ge=0, le=25_000_000, description="largest attachment kept for a partner, in bytes"
    )
    files: int = Field(default=20, ge=0, le=1000, description="most attachments kept for one reader")
    list_readers: Literal["members", "anyone"] = Field(
        default="members",
        description="who may subscribe to the list: members (and whoever a moderator lets in), or anyone",
    )
    posts_per_day: int = Field(
        default=10, ge=1, le=1000, description="posts of one person to the list in a day, at most"
    )
    confirm_posts: Literal["doubtful", "unproven"] = Field(
        default="doubtful",
        description="which of a reader's posts to the list are asked about before they go out: doubtful, those a believed server calls forged "
        "(others go out as on any list); unproven, all that no believed server vouches for",
    )
    held_posts: int = Field(
        default=50, ge=1, le=1000, description="posts of strangers that wait for a moderator, at most; more are dropped"
    )
    digest_at: str = Field(
        default="08:00", pattern=r"^\d\d:\d\d$", description="when the list's digest is sent, in the reader's zone"
    )
    held_hours: Hours = Field(default=48, description="hours after which moderators are reminded of a held post")
    ask_days: Days = Field(
        default=30, description="days after which the author of a public ask is asked whether it stands"
    )


class LimitSettings(Section):
    """Upper bounds; every text, list and queue has one."""

    text_chars: int = Field(
        default=2000, ge=100, le=10_000, description="longest answer or message taken, in characters"
    )
    letter_chars: int = Field(
        default=20_000, ge=1000, le=200_000, description="longest mail that is read, in characters without quotes"
    )
    skills: int = Field(default=20, ge=1, le=100, description="most skills in one list")
    links: int = Field(default=5, ge=1, le=50, description="most links in a profile")
    link_chars: int = Field(default=300, ge=20, le=2000, description="longest link in a profile, in characters")
    languages: int = Field(default=10, ge=1, le=50, description="most languages in a profile")
    free_windows: int = Field(default=42, ge=1, le=200, description="most pieces of free time in a week")
    name_chars: int = Field(default=40, ge=1, le=60, description="longest name of a person, in characters")
    about_chars: int = Field(
        default=300, ge=50, le=2000, description="longest project or about in a profile, in characters"
    )
    queue_lines: int = Field(default=15, ge=3, le=200, description="most lines of work that queue lists at once")
    exchange: int = Field(default=20, ge=2, le=200, description="most questions and answers kept with one application")
    chat_times: int = Field(default=5, ge=1, le=20, description="most times offered for one chat with an applicant")
    case_words: int = Field(default=50, ge=5, le=500, description="most messages kept with one case")
    memos: int = Field(default=50, ge=1, le=500, description="most memos on one object or person")
    open_cases: int = Field(default=5, ge=1, le=50, description="most open help cases of one person")
    places: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="pairs' own places relaybot comes back into by itself after a start, at most",
    )
    waiting_lines: int = Field(
        default=50, ge=5, le=1000, description="most undelivered messages from one partner to the other"
    )
    listed: int = Field(default=10, ge=1, le=100, description="people or pairs named in a list when no number is given")
    data_lines: int = Field(default=30, ge=10, le=200, description="most lines of mydata")
    suggestions: int = Field(default=3, ge=1, le=20, description="people named by suggest when no number is given")
    addresses: int = Field(default=8, ge=2, le=50, description="most linked addresses of one person")
    open_codes: int = Field(default=3, ge=1, le=20, description="most codes for linking one person has open")
    codes_to_address: int = Field(
        default=3, ge=1, le=20, description="codes for linking sent to one address in a day, at most"
    )
    codes_by_person: int = Field(
        default=10, ge=1, le=100, description="codes for linking one person can have sent in a day, at most"
    )


class Network(Section):
    """What a programme has on one network; filled in from the configuration of its adapter, not from the programme's table."""

    public: str = ""  # address of the public channel or room
    moderators: str = ""  # address of the moderators' channel or room
    invites: bool = False  # whether relaybot lets moderators into their place itself
    pair_places: bool = True  # whether a pair can be given a place of its own there
    place_shows_ids: bool = False  # there both would see each other's address, so both are asked first
    edits: bool = False  # a message can be changed after it was sent, so that an hour's clock can be one message
    bare: bool = False  # whether what is said in a pair's own place needs no `!` to be a command for their hours
    style: Style = Style.LINE
    own: str = ""  # relaybot's own address
    identity: str = "services"  # how relaybot recognises people there, for `privacy`
    list_mode: str = ""  # own | external, where the public place is a mailing list

    def is_own(self, address: str) -> bool:
        """Whether it is relaybot itself that is written to there, perhaps at an address made for one answer ("name+...@domain")."""
        user, at, domain = address.rpartition("@")
        return bool(self.own) and self.own in {address, f"{user.partition('+')[0]}{at}{domain}"}


class Policy(Section):
    """Everything one programme may choose. The defaults are the preset `tech-peer`."""

    title: str = Field(default="", max_length=80, description="name shown to people; empty: the programme's own name")
    cap: int = Field(default=1, ge=1, le=10, description="partners a member may have at the same time")
    screening: Literal["check+chat"] = Field(
        default="check+chat", description="how applications are decided: a moderator reads, may ask and may chat"
    )
    rules_version: int = Field(default=1, ge=1, description="raise it when the rules change; people agree to a version")
    rules_line: str = Field(
        default="be kind; what your partner tells you stays with you; leave whenever you want, and I can tell your partner for you",
        max_length=300,
        description="the rules in one line",
    )
    rules_text: str = Field(default="", max_length=8000, description="the full rules; empty: the shipped text")
    synonyms: dict[str, str] = Field(
        default_factory=dict, description="skill words of this community and what they mean, e.g. k8s = kubernetes"
    )
    application: ApplicationSettings = ApplicationSettings()
    promise: PromiseSettings = PromiseSettings()
    consent: ConsentSettings = ConsentSettings()
    session: SessionSettings = SessionSettings()
    fit: FitSettings = FitSettings()
    farewell: FarewellSettings = FarewellSettings()
    cases: CaseSettings = CaseSettings()
    silence: SilenceSettings = SilenceSettings()
    reach: ReachSettings = ReachSettings()
    mail: MailSettings = MailSettings()
    limits: LimitSettings = LimitSettings()
    operator: str = Field(
        default="", max_length=200, description="whom people turn to when no moderator is left; default: the owner"
    )
    networks: dict[str, Network] = Field(default_factory=dict, exclude=True)

    @property
    def quiet(self) -> tuple[int, int]:
        """Quiet hours as minutes after midnight, start and end."""
        start, end = self.reach.quiet.split("-")
        return _minutes(start), _minutes(end)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
