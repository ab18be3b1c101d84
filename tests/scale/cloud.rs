//! The cloud of thousands is seen as moto is: what is measured with the one holds for the other.

use setpoint_aws::{Aws, AwsSettings, Resource};
use setpoint_control::Observe;
use setpoint_core::{Seen, TargetName};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};
use support::{MachineClock, ManyGroups, Moto, REGION};

async fn connect(endpoint: &str, credentials: &Path) -> Aws {
    let settings = AwsSettings {
        endpoint: Some(endpoint.parse().expect("an address makes a URL")),
        credentials_file: Some(credentials.to_owned()),
        ..AwsSettings::new("aws", REGION)
    };
    Aws::connect(settings, Arc::new(MachineClock::start())).await
}

async fn seen(aws: &Aws) -> BTreeMap<TargetName, Seen> {
    let resource = |n| (TargetName::new(ManyGroups::name(n)), Resource::Group(ManyGroups::name(n)));
    aws.eyes((0..3).map(resource).collect()).observe().await
}

#[tokio::test]
async fn groups_are_seen_alike_in_the_cloud_of_thousands_and_in_moto() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let credentials = folder.path().join("credentials");
    let text = "[default]\naws_access_key_id = fake\naws_secret_access_key = fake\n";
    fs::write(&credentials, text).expect("there is room for a small file");
    let (moto, many) = (Moto::start(), ManyGroups::start(3, 2));
    for n in 0..3 {
        let name = ManyGroups::name(n);
        moto.make_group(&name, 2);
        moto.tag_group(&name, "app", "web");
    }
    let moto = connect(&format!("http://{}", moto.address()), &credentials).await;
    let many = connect(&many.endpoint(), &credentials).await;
    let told = seen(&moto).await;
    assert!(told.values().all(|seen| matches!(seen, Seen::Group(_))), "{told:?}");
    assert_eq!(seen(&many).await, told);
    let tags = BTreeMap::from([("app".to_owned(), "web".to_owned())]);
    assert_eq!(many.select(&tags).await.ok(), moto.select(&tags).await.ok());
}
