//! What a process says at the gate, what it is answered, and both as bytes.

/// Leave to do a number of operations. It is sent as a number: twice that, and one more where others have run since the last one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leave {
    pub(super) operations: u32,
    pub(super) others_ran: bool,
}

/// The size of a leave.
pub(super) const LEAVE: usize = size_of::<u32>();

impl Leave {
    pub(super) fn to_message(self) -> [u8; LEAVE] {
        (self.operations << 1 | u32::from(self.others_ran)).to_ne_bytes()
    }

    pub(super) fn from_message(message: [u8; LEAVE]) -> Self {
        let number = u32::from_ne_bytes(message);
        Self {
            operations: number >> 1,
            others_ran: number & 1 != 0,
        }
    }
}

/// What a process is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Action {
    /// To begin.
    Begin,
    /// To read a word.
    Load,
    /// To write it.
    Store,
    /// To write it and learn what it was.
    Swap,
    /// To write it if it is what is expected.
    CompareExchange,
    /// To add.
    FetchAdd,
    /// To subtract.
    FetchSub,
    /// To clear bits.
    FetchAnd,
    /// To set bits.
    FetchOr,
    /// To sleep if the word is what is expected.
    Wait,
    /// To go on after a wait.
    Returned,
    /// To wake others.
    Wake,
    /// To have the kernel look at a word at the process's end.
    Watch,
    /// To pass a point of the driver's own.
    Point,
    /// To look at the same words again, after very many looks in vain.
    Spin,
    /// Nothing more: it has finished.
    End,
}

impl Action {
    const ALL: [Self; 16] = [
        Self::Begin,
        Self::Load,
        Self::Store,
        Self::Swap,
        Self::CompareExchange,
        Self::FetchAdd,
        Self::FetchSub,
        Self::FetchAnd,
        Self::FetchOr,
        Self::Wait,
        Self::Returned,
        Self::Wake,
        Self::Watch,
        Self::Point,
        Self::Spin,
        Self::End,
    ];
}

/// What an operation did to its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing: done again, it will have the same result, until somebody else has run.
    None,
    /// It changed, or others were woken.
    Change,
}

/// What a process says at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// What it is about to do.
    pub action: Action,
    /// The address of the word, the same in all processes.
    pub word: usize,
    /// What it does it with.
    pub operands: [u64; 2],
    /// The line of the source that asks for it.
    pub line: u32,
    /// The result of what it did last.
    pub last_result: u64,
}

/// The size of a message: far below PIPE_BUF, so it is written and read whole.
pub(super) const MESSAGE: usize = 6 * size_of::<u64>();

impl Operation {
    /// To begin, which no process says, because nobody has to be told.
    pub(super) const BEGIN: Self = Self {
        action: Action::Begin,
        word: 0,
        operands: [0; 2],
        line: 0,
        last_result: 0,
    };

    /// Whether leave for several operations ends before this one, because the driver has to be asked.
    pub(super) fn asks_again(&self) -> bool {
        matches!(self.action, Action::Wait | Action::Spin | Action::End)
    }

    /// Whether it may change its word.
    #[must_use]
    pub fn writes(&self) -> bool {
        use Action::{CompareExchange, FetchAdd, FetchAnd, FetchOr, FetchSub, Store, Swap};
        matches!(
            self.action,
            Store | Swap | CompareExchange | FetchAdd | FetchSub | FetchAnd | FetchOr
        )
    }

    /// Whether it calls a futex private.
    pub(super) fn is_private(&self) -> bool {
        matches!(self.action, Action::Wait | Action::Wake) && self.operands[1] != 0
    }

    /// Whether it is the driver's own point of this number.
    #[must_use]
    pub fn is_point(&self, number: u64) -> bool {
        self.action == Action::Point && self.operands[0] == number
    }

    pub(super) fn to_message(self) -> [u8; MESSAGE] {
        let [first, second] = self.operands;
        let action = self.action as u64;
        let word = self.word as u64;
        let fields = [
            action,
            word,
            first,
            second,
            self.line.into(),
            self.last_result,
        ];
        let mut message = [0; MESSAGE];
        for (place, field) in message.chunks_exact_mut(size_of::<u64>()).zip(fields) {
            place.copy_from_slice(&field.to_ne_bytes());
        }
        message
    }

    /// `None` for bytes that are no message.
    pub(super) fn from_message(message: &[u8; MESSAGE]) -> Option<Self> {
        let mut fields = message.chunks_exact(size_of::<u64>());
        let mut field = || Some(u64::from_ne_bytes(fields.next()?.try_into().ok()?));
        Some(Self {
            action: *Action::ALL.get(usize::try_from(field()?).ok()?)?,
            word: usize::try_from(field()?).ok()?,
            operands: [field()?, field()?],
            line: u32::try_from(field()?).ok()?,
            last_result: field()?,
        })
    }
}
