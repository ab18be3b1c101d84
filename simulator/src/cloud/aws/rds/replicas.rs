//! Replicas that are made and deleted, and instances that are changed.

use super::{
    super::{super::live, account::Account, ask::Ask, data::Data, fault::Fault},
    Kept, none, tags,
};
use setpoint_core::Span;

/// The most replicas of one source. Source: "Working with read replicas" in the RDS user guide.
const MOST: usize = 15;
/// How long an instance is being modified.
const MODIFIED: Span = Span::from_minutes(5);

fn state(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDBInstanceState", message)
}

pub(super) fn create(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let name = ask.must("DBInstanceIdentifier")?.to_lowercase();
    let source = ask.must("SourceDBInstanceIdentifier")?;
    // A source may be named by its ARN.
    let source = source.rsplit(':').next().unwrap_or(source).to_lowercase();
    check_name(&name)?;
    let all = account.instances();
    if all.iter().any(|one| one.name.to_lowercase() == name) {
        let message = format!("DB Instance {name} already exists");
        return Err(Fault::sender("DBInstanceAlreadyExists", message));
    }
    let from =
        all.iter().find(|one| one.name.to_lowercase() == source).ok_or_else(|| none(&source))?;
    if from.source.is_some() {
        return Err(state(format!(
            "{source} is a replica itself: those of replicas are not simulated"
        )));
    }
    if from.status != "available" {
        return Err(state(format!("{source} is {}, not available", from.status)));
    }
    if all.len() > MOST {
        let message = format!("{source} has {MOST} replicas, and takes no more");
        return Err(Fault::sender("InstanceQuotaExceeded", message));
    }
    let class = ask.text("DBInstanceClass").unwrap_or(&from.kept.class).to_owned();
    let kept =
        Kept { class, storage: from.kept.storage, tags: tags::given(ask)?, modified: Span::ZERO };
    account.databases.kept.insert(name.clone(), kept);
    live::lock(&account.main).world.make_replica(&name);
    told(account, ask)
}

/// The instance that a call names, as it stands now.
fn told(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let instance = account.instance(ask)?;
    Ok(Data::map().with("DBInstance", account.told_of(&instance, &ask.region)))
}

/// Letters, digits and hyphens, 1 to 63 of them, beginning with a letter.
fn check_name(name: &str) -> Result<(), Fault> {
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    let letters =
        name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
    let hyphens = !name.ends_with('-') && !name.contains("--");
    if begins && letters && hyphens && name.len() <= 63 {
        return Ok(());
    }
    let message = format!("{name} is no identifier of an instance");
    Err(Fault::sender("InvalidParameterValue", message))
}

pub(super) fn delete(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let instance = account.instance(ask)?;
    if instance.source.is_none() {
        let message = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
        return Err(Fault::sender("InvalidParameterCombination", message));
    }
    if instance.status == "deleting" {
        return Err(state(format!("Instance {} is already being deleted.", instance.name)));
    }
    if ask.text("FinalDBSnapshotIdentifier").is_some() {
        let message = "a read replica is deleted without a final snapshot";
        return Err(Fault::sender("InvalidParameterCombination", message));
    }
    live::lock(&account.main).world.remove_replica(&instance.name);
    told(account, ask)
}

pub(super) fn modify(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let instance = account.instance(ask)?;
    if instance.status != "available" {
        return Err(state(format!("{} is {}, not available", instance.name, instance.status)));
    }
    let now = account.now;
    let mut kept = instance.kept.clone();
    if let Some(class) = ask.text("DBInstanceClass") {
        class.clone_into(&mut kept.class);
    }
    if let Some(storage) = ask.count("AllocatedStorage")? {
        if storage < kept.storage {
            let message = "Requested storage size is less than the current one: it never shrinks";
            return Err(Fault::sender("InvalidParameterCombination", message));
        }
        kept.storage = storage;
    }
    kept.modified = now + MODIFIED;
    account.databases.kept.insert(instance.name, kept);
    told(account, ask)
}
