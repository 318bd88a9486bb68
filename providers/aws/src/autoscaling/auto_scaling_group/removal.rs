//! How a group goes: to nothing first, then away.

use aws_sdk_autoscaling::types::{AutoScalingGroup, DeletionProtection, Instance, LifecycleState};
use cairn_provider::error::{ErrorClass, ProviderError};
use ecow::eco_format;

use crate::native::session::{Session, absent_is_done};

const DELETE: &str = "autoscaling.DeleteAutoScalingGroup";

/// SetInstanceProtection takes so many instances.
const PROTECTED: usize = 50;

/// Brings a group one step closer to its end. Until its instances are gone the answer is that it is in use.
pub async fn remove(session: &Session, name: &str, group: &AutoScalingGroup) -> Result<(), ProviderError> {
    let instances: Vec<&Instance> =
        group.instances().iter().filter(|one| one.lifecycle_state() != Some(&LifecycleState::Terminated)).collect();
    allowed(group, !instances.is_empty())?;
    if group.status().is_some() {
        return Ok(());
    }
    unprotect(session, name, &instances).await?;
    let sizes = [group.min_size(), group.max_size(), group.desired_capacity()];
    if sizes.iter().any(|size| size.unwrap_or_default() > 0) {
        let call = session.autoscaling().update_auto_scaling_group().auto_scaling_group_name(name);
        let call = call.min_size(0).max_size(0).desired_capacity(0);
        absent_is_done(session.write("autoscaling.UpdateAutoScalingGroup", call.send()).await.map(|_| ()))?;
    }
    let stuck = terminates_nothing(group) || instances.iter().any(|one| stays(one));
    if !instances.is_empty() && !stuck {
        let message = eco_format!("{} of its instances are not gone yet", instances.len());
        return Err(ProviderError::new(ErrorClass::InUse, "ScalingActivityInProgress", DELETE, message));
    }
    let call = session.autoscaling().delete_auto_scaling_group().auto_scaling_group_name(name);
    session.delete(DELETE, call.set_force_delete(stuck.then_some(true)).send()).await
}

/// Nothing is scaled down that the service would not delete then.
fn allowed(group: &AutoScalingGroup, has_instances: bool) -> Result<(), ProviderError> {
    let protected = match group.deletion_protection() {
        Some(DeletionProtection::PreventAllDeletion) => true,
        Some(DeletionProtection::PreventForceDeletion) => has_instances,
        Some(_) | None => false,
    };
    if protected {
        let message = "the group is protected: set `deletion_protection` to \"none\" first";
        return Err(ProviderError::refused(DELETE, message));
    }
    Ok(())
}

/// Whether the group's own termination is switched off.
fn terminates_nothing(group: &AutoScalingGroup) -> bool {
    group.suspended_processes().iter().any(|process| process.process_name() == Some("Terminate"))
}

/// Whether an instance stays although the group wants none.
fn stays(instance: &Instance) -> bool {
    let state = instance.lifecycle_state();
    matches!(state, Some(LifecycleState::Standby | LifecycleState::TerminatingRetained))
}

/// Instances that are protected from scaling in would stay.
async fn unprotect(session: &Session, name: &str, instances: &[&Instance]) -> Result<(), ProviderError> {
    let protected = instances.iter().filter(|one| {
        one.protected_from_scale_in() == Some(true) && one.lifecycle_state() == Some(&LifecycleState::InService)
    });
    let ids: Vec<String> = protected.filter_map(|one| one.instance_id()).map(str::to_owned).collect();
    for ids in ids.chunks(PROTECTED) {
        let call = session.autoscaling().set_instance_protection().auto_scaling_group_name(name);
        let call = call.set_instance_ids(Some(ids.to_vec())).protected_from_scale_in(false);
        session.write("autoscaling.SetInstanceProtection", call.send()).await?;
    }
    Ok(())
}
