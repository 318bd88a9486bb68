//! Amazon EC2 Auto Scaling: groups of instances, and the policies that size them.

resources! { auto_scaling_group, scaling_policy }
