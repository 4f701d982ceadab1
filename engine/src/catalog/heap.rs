//! Versioned storage: what each session sees of rows that transactions write.
//!
//! A row's versions carry who made and who deleted them, as PostgreSQL's heap tuples do. Aborted versions are taken
//! out at once by the undo log, so a version is either committed, at a known point of the commit order, or belongs to
//! the one open transaction of a session.

use crate::cluster::SessionId;

/// A point in the order of commits.
pub(crate) type CommitNumber = u64;

/// Who wrote a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// The open transaction of this session.
    Open(SessionId),
    /// A transaction that has committed.
    Committed(CommitNumber),
}

impl Stamp {
    /// Whether it is that of an open transaction.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Stamp::Open(_))
    }

    /// Whether it is that of another session's open transaction.
    pub(crate) fn is_open_elsewhere(self, view: View) -> bool {
        matches!(self, Stamp::Open(session) if session != view.session)
    }
}

/// Whose eyes look, and at which moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// The session, which sees its own uncommitted work.
    pub(crate) session: SessionId,
    /// Commits up to here are visible.
    pub(crate) until: CommitNumber,
}

impl View {
    fn sees(self, stamp: Stamp) -> bool {
        match stamp {
            Stamp::Open(session) => session == self.session,
            Stamp::Committed(number) => number <= self.until,
        }
    }
}

/// One version of a row.
#[derive(Debug, Clone)]
pub(crate) struct Version<T> {
    pub(crate) created: Stamp,
    pub(crate) deleted: Option<Stamp>,
    pub(crate) value: T,
}

impl<T> Version<T> {
    /// The transaction, other than the session's own, that has yet to decide whether this version stays.
    pub(crate) fn undecided_by(&self, session: SessionId) -> Option<SessionId> {
        match (self.created, self.deleted) {
            (Stamp::Open(owner), _) | (_, Some(Stamp::Open(owner))) if owner != session => Some(owner),
            _ => None,
        }
    }

    pub(crate) fn visible(&self, view: View) -> bool {
        view.sees(self.created) && !self.deleted.is_some_and(|stamp| view.sees(stamp))
    }
}

/// The place of a version in its heap, stable while the version exists.
pub(crate) type Slot = usize;

/// Versions of rows of one kind, in order of creation.
#[derive(Debug, Clone)]
pub(crate) struct Heap<T> {
    slots: Vec<Option<Version<T>>>,
    /// Places without a version that are kept for one.
    reserved: Vec<Slot>,
    /// Whether a version has ever been taken out, which leaves room that VACUUM finds.
    has_gaps: bool,
    /// Whether a version has ever been deleted, or taken out.
    has_seen_deaths: bool,
}

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Heap { slots: Vec::new(), reserved: Vec::new(), has_gaps: false, has_seen_deaths: false }
    }
}

impl<T> Heap<T> {
    /// Adds a version.
    pub(crate) fn insert(&mut self, value: T, created: Stamp) -> Slot {
        let slot = self.next_slot();
        self.insert_at(slot, value, created);
        slot
    }

    /// The version at `slot`, which must exist.
    pub(crate) fn version(&self, slot: Slot) -> &Version<T> {
        self.slots[slot].as_ref().expect("a slot is used only while its version exists")
    }

    /// The version at `slot`, if there still is one.
    pub(crate) fn get(&self, slot: Slot) -> Option<&Version<T>> {
        self.slots.get(slot)?.as_ref()
    }

    /// Marks the version at `slot` as deleted, or with `None` takes that back.
    pub(crate) fn mark_deleted(&mut self, slot: Slot, deleted: Option<Stamp>) {
        self.has_seen_deaths |= deleted.is_some();
        if let Some(version) = &mut self.slots[slot] {
            version.deleted = deleted;
        }
    }

    /// Turns the version's creator into a committed one.
    pub(crate) fn mark_created(&mut self, slot: Slot, created: Stamp) {
        if let Some(version) = &mut self.slots[slot] {
            version.created = created;
        }
    }

    /// Takes a version out for good; free slots at the end are given back.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<T> {
        let version = self.slots[slot].take()?;
        self.has_gaps = true;
        self.has_seen_deaths = true;
        self.trim();
        Some(version.value)
    }

    fn trim(&mut self) {
        while let Some(None) = self.slots.last()
            && !self.reserved.contains(&(self.slots.len() - 1))
        {
            self.slots.pop();
        }
    }

    /// Where the next version will be.
    pub(crate) fn next_slot(&self) -> Slot {
        self.slots.len()
    }

    /// Keeps a place for a version that is to come.
    pub(crate) fn reserve(&mut self, slot: Slot) {
        while self.slots.len() <= slot {
            self.slots.push(None);
        }
        self.reserved.push(slot);
    }

    /// Keeps a place no longer.
    pub(crate) fn give_back(&mut self, slot: Slot) {
        self.reserved.retain(|reserved| *reserved != slot);
        self.has_gaps = true;
        self.trim();
    }

    /// Adds a version at the end, or at a place that was kept for it.
    pub(crate) fn insert_at(&mut self, slot: Slot, value: T, created: Stamp) {
        let version = Some(Version { created, deleted: None, value });
        match slot == self.slots.len() {
            true => self.slots.push(version),
            false => {
                self.reserved.retain(|reserved| *reserved != slot);
                self.slots[slot] = version;
            }
        }
    }

    /// Notes that it has taken the place of a heap, which may have had room between its versions.
    pub(crate) fn take_gaps_of(&mut self, other: &Heap<T>) {
        self.has_gaps = other.has_gaps;
    }

    /// Whether a version has ever been deleted, or taken out.
    pub(crate) fn has_seen_deaths(&self) -> bool {
        self.has_seen_deaths
    }

    /// Whether there are versions, or room of former ones, that VACUUM would give to new rows.
    pub(crate) fn has_dead(&self) -> bool {
        self.has_gaps || self.versions().any(|(_, version)| version.deleted.is_some())
    }

    /// All versions with their slots, oldest first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (Slot, &Version<T>)> {
        self.slots.iter().enumerate().filter_map(|(slot, version)| Some((slot, version.as_ref()?)))
    }

    /// The rows that `view` sees, in order of creation.
    pub(crate) fn visible(&self, view: View) -> impl Iterator<Item = (Slot, &T)> {
        self.versions().filter(move |(_, version)| version.visible(view)).map(|(slot, version)| (slot, &version.value))
    }
}
