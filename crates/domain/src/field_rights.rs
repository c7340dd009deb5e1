//! Which role may set which field. Whoever may save a record sets its fields, but for those that stand here.

use crate::{
    office::duties::{self, Duty},
    planted::{self, planted},
    record::{Channel, Kind},
    rights::{self, Grant, Role},
    roster::{merged::SAME_AS, resident::RESTRICTED},
};

/// Who may set a guarded field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setter {
    /// A village's lead, there.
    VillageLead,
    /// An office that answers for the rights of the people recorded there (个人信息保护法 44–50). It sets the field by a
    /// decision on a person's request.
    DataRights,
}

/// The guarded fields: the kind, the field, who may set it, and what others are told.
pub const GUARDED: [(Kind, &str, Setter, &str); 3] = [
    (Kind::Household, SAME_AS, Setter::VillageLead, "重复的登记由村负责人合并"),
    (Kind::Resident, SAME_AS, Setter::VillageLead, "重复的登记由村负责人合并"),
    (Kind::Resident, RESTRICTED, Setter::DataRights, "限制处理由办公室按本人的请求设定或解除"),
];

/// Checks that somebody with these grants may set the named fields of a record of this kind in a channel.
///
/// # Errors
/// The words for the sender, of the first field that is not theirs to set.
pub fn check<'a>(
    grants: &[Grant],
    kind: &Kind,
    channel: &Channel,
    mut fields: impl Iterator<Item = &'a str>,
) -> Result<(), &'static str> {
    let refused = fields.find_map(|field| {
        let guarded = GUARDED.iter().find(|(of, name, ..)| of == kind && *name == field);
        guarded.filter(|(_, _, setter, _)| !is(*setter, grants, channel)).map(|(.., words)| *words)
    });
    if planted(planted::FIELDS_OF_ANYBODY) { Ok(()) } else { refused.map_or(Ok(()), Err) }
}

fn is(setter: Setter, grants: &[Grant], channel: &Channel) -> bool {
    match setter {
        Setter::VillageLead => rights::roles(grants, channel).contains(&Role::VillageLead),
        Setter::DataRights => duties::answers_for(grants, Duty::Personal, channel),
    }
}
