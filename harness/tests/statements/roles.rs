//! Roles and privileges.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck_engine::Statement;
use seqcheck_engine::statement::*;

use super::behavior;
use super::names::{identifier, object_name};

pub(super) fn statement() -> BoxedStrategy<Statement> {
    let drop_role = (any::<bool>(), vec(role(), 1..3))
        .prop_map(|(if_exists, names)| Statement::DropRole(DropRole { if_exists, names }));
    let reassign =
        (vec(role(), 1..3), role()).prop_map(|(from, to)| Statement::ReassignOwned(ReassignOwned { from, to }));
    let drop_owned = (vec(role(), 1..3), behavior())
        .prop_map(|(roles, behavior)| Statement::DropOwned(DropOwned { roles, behavior }));
    let grant_role = (any::<bool>(), vec(identifier(), 1..3), vec(role(), 1..3))
        .prop_map(|(is_grant, roles, members)| Statement::GrantRole(GrantRole { is_grant, roles, members }));
    prop_oneof![
        create_role(),
        drop_role.boxed(),
        reassign.boxed(),
        drop_owned.boxed(),
        grant_role.boxed(),
        grant(),
        default_privileges(),
    ]
    .boxed()
}

/// Any role.
pub(super) fn role() -> BoxedStrategy<RoleName> {
    prop_oneof![
        4 => role_word().prop_map(RoleName::Named),
        1 => Just(RoleName::CurrentRole),
        1 => Just(RoleName::CurrentUser),
        1 => Just(RoleName::SessionUser),
    ]
    .boxed()
}

/// NONE is no role's name to PostgreSQL's parser.
fn role_word() -> impl Strategy<Value = Identifier> {
    identifier().prop_filter("refused", |name| name.written() != "none")
}

fn create_role() -> BoxedStrategy<Statement> {
    let attribute = (any::<bool>(), 0..5).prop_map(|(is_set, which)| match which {
        0 => RoleAttribute::Login(is_set),
        1 => RoleAttribute::Superuser(is_set),
        2 => RoleAttribute::Inherit(is_set),
        3 => RoleAttribute::CreateDatabase(is_set),
        _ => RoleAttribute::CreateRole(is_set),
    });
    let name = role_word().prop_filter("refused", |name| name.written() != "public");
    (name, vec(attribute, 0..4))
        .prop_map(|(name, attributes)| Statement::CreateRole(CreateRole { name, attributes }))
        .boxed()
}

fn grantee() -> BoxedStrategy<Grantee> {
    let named = role().prop_filter("another grantee", |role| *role != RoleName::Named("public".into()));
    prop_oneof![1 => Just(Grantee::Public), 3 => named.prop_map(Grantee::Role)].boxed()
}

fn privileges() -> impl Strategy<Value = Option<Vec<Privilege>>> {
    let privilege = prop::sample::select(vec![
        Privilege::Select,
        Privilege::Insert,
        Privilege::Update,
        Privilege::Delete,
        Privilege::Truncate,
        Privilege::References,
        Privilege::Trigger,
        Privilege::Usage,
        Privilege::Create,
        Privilege::Maintain,
    ]);
    option::weighted(0.7, vec(privilege, 1..4))
}

/// GRANT or REVOKE, the grant option, and CASCADE or RESTRICT, which only REVOKE takes.
fn direction() -> impl Strategy<Value = (bool, bool, Behavior)> {
    (any::<bool>(), any::<bool>(), behavior()).prop_map(|(is_grant, grant_option, behavior)| {
        (is_grant, grant_option, if is_grant { Behavior::Unspecified } else { behavior })
    })
}

fn grant() -> BoxedStrategy<Statement> {
    let target = prop_oneof![
        vec(object_name(), 1..3).prop_map(GrantTarget::Tables),
        vec(object_name(), 1..3).prop_map(GrantTarget::Sequences),
        vec(identifier(), 1..3).prop_map(GrantTarget::Schemas),
        vec(identifier(), 1..3).prop_map(GrantTarget::AllTables),
        vec(identifier(), 1..3).prop_map(GrantTarget::AllSequences),
    ];
    (direction(), privileges(), target, vec(grantee(), 1..3))
        .prop_map(|((is_grant, grant_option, behavior), privileges, target, grantees)| {
            Statement::Grant(Grant { is_grant, grant_option, privileges, target, grantees, behavior })
        })
        .boxed()
}

fn default_privileges() -> BoxedStrategy<Statement> {
    let target = prop::sample::select(vec![DefaultTarget::Tables, DefaultTarget::Sequences]);
    (vec(role(), 0..3), vec(identifier(), 0..3), direction(), privileges(), target, vec(grantee(), 1..3))
        .prop_map(|(roles, schemas, (is_grant, grant_option, behavior), privileges, target, grantees)| {
            Statement::DefaultPrivileges(DefaultPrivileges {
                roles,
                schemas,
                is_grant,
                grant_option,
                privileges,
                target,
                grantees,
                behavior,
            })
        })
        .boxed()
}
