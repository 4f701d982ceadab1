//! Roles, privileges and ownership.

use seqcheck_engine::statement::{
    CreateRole, DefaultPrivileges, DefaultTarget, DropOwned, DropRole, Grant, GrantRole, GrantTarget, Grantee,
    Privilege, ReassignOwned, RoleAttribute,
};

use super::{Leaf, Part, Turn, atoms, structure, variants};

atoms!(DefaultTarget, Privilege, RoleAttribute);

structure!(CreateRole { attributes, name });
structure!(DropRole { if_exists, names });
structure!(Grant { grant_option, privileges, target, grantees, behavior } but is_grant);
structure!(GrantRole { roles, members } but is_grant);
structure!(DefaultPrivileges { roles, schemas, grant_option, privileges, target, grantees, behavior } but is_grant);
structure!(ReassignOwned { from, to });
structure!(DropOwned { roles, behavior });

variants!(GrantTarget {
    Tables(names),
    Sequences(names),
    Schemas(names),
    AllTables(schemas),
    AllSequences(schemas),
});

variants!(Grantee {
    Public,
    Role(role),
});
