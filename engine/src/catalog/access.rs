//! Access control lists: who may do what with an object (manual, "Privileges").

use std::rc::Rc;

use super::Oid;
use crate::dialect::Major;
use crate::error::{Result, error, sqlstate};
use crate::statement::{Behavior, Privilege};

/// A set of privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Privileges(u16);

impl Privileges {
    pub(crate) const NONE: Privileges = Privileges(0);
    /// Everything that sequences know.
    pub(crate) const SEQUENCE: Privileges = Privileges::of(&[Privilege::Select, Privilege::Update, Privilege::Usage]);
    /// Everything that schemas know.
    pub(crate) const SCHEMA: Privileges = Privileges::of(&[Privilege::Usage, Privilege::Create]);

    /// The set of these.
    pub(crate) const fn of(privileges: &[Privilege]) -> Privileges {
        let mut bits = 0;
        let mut index = 0;
        while index < privileges.len() {
            bits |= 1 << privileges[index] as u16;
            index += 1;
        }
        Privileges(bits)
    }

    /// Everything that tables know.
    pub(crate) fn table(major: Major) -> Privileges {
        use Privilege::{Delete, Insert, Maintain, References, Select, Trigger, Truncate, Update};
        let all = Privileges::of(&[Select, Insert, Update, Delete, Truncate, References, Trigger]);
        match major.has_maintain() {
            true => all.with(Privileges::of(&[Maintain])),
            false => all,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn with(self, other: Privileges) -> Privileges {
        Privileges(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Privileges) -> Privileges {
        Privileges(self.0 & !other.0)
    }

    pub(crate) fn common(self, other: Privileges) -> Privileges {
        Privileges(self.0 & other.0)
    }
}

/// What one role has granted to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessItem {
    /// Who may; `None` for PUBLIC.
    pub(crate) grantee: Option<Oid>,
    pub(crate) grantor: Oid,
    pub(crate) rights: Privileges,
    /// What the grantee may grant on.
    pub(crate) options: Privileges,
}

impl AccessItem {
    fn is_empty(&self) -> bool {
        self.rights.is_empty() && self.options.is_empty()
    }

    fn same_roles(&self, other: &AccessItem) -> bool {
        self.grantee == other.grantee && self.grantor == other.grantor
    }
}

/// The access control list of an object. The owner's grant options are implied, not listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Access {
    items: Rc<[AccessItem]>,
}

/// A change of an access control list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccessChange {
    pub(crate) is_grant: bool,
    /// `WITH GRANT OPTION`, or for REVOKE `GRANT OPTION FOR`.
    pub(crate) grant_option: bool,
    pub(crate) privileges: Privileges,
    pub(crate) grantor: Oid,
    pub(crate) owner: Oid,
    pub(crate) behavior: Behavior,
}

/// Who has the privileges of whom, as far as a list's rules need to know.
pub(crate) trait Inherits {
    /// Whether `role` has the privileges of `other`.
    fn has_privileges_of(&self, role: Oid, other: Oid) -> bool;
}

impl Access {
    pub(crate) fn new(items: Vec<AccessItem>) -> Access {
        Access { items: items.into() }
    }

    /// What a new object has: everything for its owner.
    pub(crate) fn of_owner(owner: Oid, all: Privileges) -> Access {
        Access::new(vec![AccessItem { grantee: Some(owner), grantor: owner, rights: all, options: Privileges::NONE }])
    }

    /// What everybody has from the owner.
    pub(crate) fn of_everybody(owner: Oid, rights: Privileges) -> Access {
        let item = AccessItem { grantee: None, grantor: owner, rights, options: Privileges::NONE };
        Access::new(if rights.is_empty() { Vec::new() } else { vec![item] })
    }

    /// Whether the list mentions a role, as grantee or grantor.
    pub(crate) fn mentions(&self, role: Oid) -> bool {
        self.items.iter().any(|item| item.grantee == Some(role) || item.grantor == role)
    }

    /// Those of `wanted` that `role` has, directly, through PUBLIC or through other roles.
    pub(crate) fn rights_of(&self, role: Oid, wanted: Privileges, roles: &dyn Inherits) -> Privileges {
        self.sum(|item| item.rights, role, roles).common(wanted)
    }

    /// Those of `wanted` that `role` may grant on; the owner may grant everything.
    pub(crate) fn options_of(&self, role: Oid, owner: Oid, wanted: Privileges, roles: &dyn Inherits) -> Privileges {
        match roles.has_privileges_of(role, owner) {
            true => wanted,
            false => self.sum(|item| item.options, role, roles).common(wanted),
        }
    }

    fn sum(&self, part: impl Fn(&AccessItem) -> Privileges, role: Oid, roles: &dyn Inherits) -> Privileges {
        let applies = |item: &&AccessItem| item.grantee.is_none_or(|grantee| roles.has_privileges_of(role, grantee));
        self.items.iter().filter(applies).fold(Privileges::NONE, |sum, item| sum.with(part(item)))
    }

    /// The grant options that this very role has, not counting those of roles whose member it is.
    pub(crate) fn own_options(&self, role: Oid, owner: Oid, wanted: Privileges) -> Privileges {
        if role == owner {
            return wanted;
        }
        let own = self.items.iter().filter(|item| item.grantee == Some(role));
        own.fold(Privileges::NONE, |sum, item| sum.with(item.options)).common(wanted)
    }

    /// Grants to, or revokes from, each of the grantees.
    pub(crate) fn changed(
        &self,
        change: AccessChange,
        grantees: &[Option<Oid>],
        roles: &dyn Inherits,
    ) -> Result<Access> {
        let mut access = self.clone();
        for grantee in grantees {
            if change.is_grant && change.grant_option && grantee.is_none() {
                return Err(error(sqlstate::INVALID_GRANT_OPERATION, "grant options can only be granted to roles"));
            }
            let rights = change.is_grant || !change.grant_option;
            let options = !change.is_grant || change.grant_option;
            let item = AccessItem {
                grantee: *grantee,
                grantor: change.grantor,
                rights: if rights { change.privileges } else { Privileges::NONE },
                options: if options { change.privileges } else { Privileges::NONE },
            };
            access = match change.is_grant {
                true => access.granted(item, change.owner, roles)?,
                false => access.revoked(item, change.owner, change.behavior, roles)?,
            };
        }
        Ok(access)
    }

    fn granted(&self, item: AccessItem, owner: Oid, roles: &dyn Inherits) -> Result<Access> {
        if !item.options.is_empty() {
            self.check_no_circle(&item, owner, roles)?;
        }
        let mut items = self.items.to_vec();
        match items.iter_mut().find(|known| known.same_roles(&item)) {
            Some(known) => {
                known.rights = known.rights.with(item.rights);
                known.options = known.options.with(item.options);
            }
            None if !item.is_empty() => items.push(item),
            None => {}
        }
        Ok(Access::new(items))
    }

    fn revoked(&self, item: AccessItem, owner: Oid, behavior: Behavior, roles: &dyn Inherits) -> Result<Access> {
        let mut items = self.items.to_vec();
        let Some(index) = items.iter().position(|known| known.same_roles(&item)) else { return Ok(self.clone()) };
        let before = items[index].options;
        items[index].rights = items[index].rights.without(item.rights);
        items[index].options = before.without(item.options);
        let lost = before.without(items[index].options);
        if items[index].is_empty() {
            items.remove(index);
        }
        let access = Access::new(items);
        match item.grantee {
            Some(grantee) if !lost.is_empty() => access.abandoned(grantee, lost, owner, behavior, roles),
            _ => Ok(access),
        }
    }

    /// Takes away what `grantor` has granted on the strength of grant options that it lost.
    fn abandoned(
        &self,
        grantor: Oid,
        lost: Privileges,
        owner: Oid,
        behavior: Behavior,
        roles: &dyn Inherits,
    ) -> Result<Access> {
        if grantor == owner {
            return Ok(self.clone());
        }
        let lost = lost.without(self.options_of(grantor, owner, lost, roles));
        let mut access = self.clone();
        loop {
            let depends = |item: &&AccessItem| item.grantor == grantor && !item.rights.common(lost).is_empty();
            let Some(found) = access.items.iter().find(depends).copied() else { return Ok(access) };
            if behavior != Behavior::Cascade {
                return Err(error(sqlstate::DEPENDENT_OBJECTS_STILL_EXIST, "dependent privileges exist")
                    .hint("Use CASCADE to revoke them too."));
            }
            let item = AccessItem { rights: lost, options: lost, ..found };
            access = access.revoked(item, owner, behavior, roles)?;
        }
    }

    /// Refuses grant options that the grantor has only from the grantee.
    fn check_no_circle(&self, item: &AccessItem, owner: Oid, roles: &dyn Inherits) -> Result<()> {
        if item.grantor == owner {
            return Ok(());
        }
        let mut access = self.clone();
        while let Some(found) =
            access.items.iter().find(|known| known.grantee == item.grantee && !known.options.is_empty()).copied()
        {
            access = access.revoked(found, owner, Behavior::Cascade, roles)?;
        }
        let independent = access.options_of(item.grantor, owner, item.options, roles);
        match item.options.without(independent).is_empty() {
            true => Ok(()),
            false => Err(error(
                sqlstate::INVALID_GRANT_OPERATION,
                "grant options cannot be granted back to your own grantor",
            )),
        }
    }

    /// The list after the object has got a new owner, who takes the old one's place in it.
    pub(crate) fn with_owner(&self, old: Oid, new: Oid) -> Access {
        let renamed = |role: Oid| if role == old { new } else { role };
        let mut items: Vec<AccessItem> = Vec::with_capacity(self.items.len());
        for item in self.items.iter() {
            let item = AccessItem { grantee: item.grantee.map(renamed), grantor: renamed(item.grantor), ..*item };
            add(&mut items, item);
        }
        Access::new(items)
    }

    /// Both lists together.
    pub(crate) fn merged(&self, other: &Access) -> Access {
        let mut items = self.items.to_vec();
        for item in other.items.iter() {
            add(&mut items, *item);
        }
        Access::new(items)
    }

    /// Whether nobody has been granted anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether two lists say the same, in whatever order.
    pub(crate) fn is_same(&self, other: &Access) -> bool {
        self.items.len() == other.items.len() && self.items.iter().all(|item| other.items.contains(item))
    }
}

fn add(items: &mut Vec<AccessItem>, item: AccessItem) {
    match items.iter_mut().find(|known| known.same_roles(&item)) {
        Some(known) => {
            known.rights = known.rights.with(item.rights);
            known.options = known.options.with(item.options);
        }
        None => items.push(item),
    }
}
