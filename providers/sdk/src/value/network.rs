//! Networks, addresses, protocols and ports.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// A network without host bits, such as `10.20.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

/// Why a text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CidrError {
    /// The address part is none: an octet above 255, letters, too few parts.
    Address,
    /// The prefix length is missing or larger than the address is long.
    Prefix,
    /// Bits behind the prefix are set. Carries the network that was probably meant and the number of those bits.
    HostBits {
        /// The same address with those bits cleared.
        network: Cidr,
        /// How many bits must be zero.
        bits: u8,
    },
}

impl Cidr {
    /// Reads `address/prefix`.
    ///
    /// # Errors
    /// See [`CidrError`].
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = text.split_once('/').ok_or(CidrError::Prefix)?;
        let address: IpAddr = address.parse().map_err(|_| CidrError::Address)?;
        let prefix: u8 = prefix.parse().map_err(|_| CidrError::Prefix)?;
        let net = IpNet::new(address, prefix).map_err(|_| CidrError::Prefix)?;
        if net.network() == address {
            return Ok(Self(net));
        }
        Err(CidrError::HostBits { network: Self(net.trunc()), bits: net.max_prefix_len() - prefix })
    }

    /// The first address.
    pub fn first(self) -> IpAddr {
        self.0.network()
    }

    /// The last address.
    pub fn last(self) -> IpAddr {
        self.0.broadcast()
    }

    /// The prefix length.
    pub fn prefix(self) -> u8 {
        self.0.prefix_len()
    }

    /// How many addresses the network has; IPv6 networks beyond the range of a whole number give its maximum.
    pub fn addresses(self) -> i64 {
        let bits = u32::from(self.0.max_prefix_len() - self.0.prefix_len());
        if bits >= 63 { i64::MAX } else { 1_i64 << bits }
    }

    /// Whether every address of the other network is in this one.
    pub fn contains(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether the address is in this network.
    pub fn contains_address(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Whether the two networks share an address.
    pub fn overlaps(self, other: Self) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }

    /// The subnet with so many bits more, counted from zero. `None` if it does not fit.
    pub fn subnet(self, newbits: i64, index: i64) -> Option<Self> {
        let prefix = i64::from(self.prefix()).checked_add(newbits)?;
        if newbits < 0 || prefix > i64::from(self.0.max_prefix_len()) || index < 0 {
            return None;
        }
        if newbits < 63 && index >= 1_i64 << newbits {
            return None;
        }
        let prefix = u8::try_from(prefix).ok()?;
        let shift = u32::from(self.0.max_prefix_len() - prefix);
        let address = match self.first() {
            IpAddr::V4(address) => {
                let offset = u32::try_from(index).ok()?.checked_shl(shift).unwrap_or(0);
                IpAddr::V4(u32::from(address).checked_add(offset)?.into())
            }
            IpAddr::V6(address) => {
                let offset = u128::try_from(index).ok()?.checked_shl(shift).unwrap_or(0);
                IpAddr::V6(u128::from(address).checked_add(offset)?.into())
            }
        };
        IpNet::new(address, prefix).ok().map(Self)
    }

    /// The network of the same size at the same place inside of a larger one: `10.21.10.0/24` in `10.20.0.0/16` is
    /// `10.20.10.0/24`. `None` for IPv6, and if the other one is not larger.
    pub fn moved_into(self, outer: Self) -> Option<Self> {
        let (IpAddr::V4(own), IpAddr::V4(other)) = (self.first(), outer.first()) else { return None };
        if outer.prefix() > self.prefix() {
            return None;
        }
        let hosts = u32::MAX.checked_shr(u32::from(outer.prefix())).unwrap_or(0);
        let address = u32::from(other) | (u32::from(own) & hosts);
        IpNet::new(IpAddr::V4(address.into()), self.prefix()).ok().map(Self)
    }

    /// The network of the given prefix length that follows this one. `None` behind the last one.
    pub fn next(self, prefix: u8) -> Option<Self> {
        let IpAddr::V4(last) = self.last() else { return None };
        let start = u32::from(last).checked_add(1)?;
        let net = IpNet::new(IpAddr::V4(start.into()), prefix).ok()?;
        (net.network() == IpAddr::V4(start.into())).then_some(Self(net))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A protocol with its ports, such as `tcp/443` or `udp/8000..8100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Traffic {
    /// `tcp`, `udp` or `icmp`.
    pub protocol: &'static str,
    /// The first port, or the ICMP type.
    pub first: i64,
    /// The last port; the same as the first for a single one.
    pub last: i64,
}

impl Traffic {
    /// The protocols that can be written.
    pub const PROTOCOLS: [&'static str; 3] = ["tcp", "udp", "icmp"];
}

impl fmt::Display for Traffic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(formatter, "{}/{}", self.protocol, self.first)
        } else {
            write!(formatter, "{}/{}..{}", self.protocol, self.first, self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cidr, CidrError};

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    #[test]
    fn reads_and_refuses() {
        assert_eq!(cidr("10.20.0.0/16").addresses(), 65_536);
        assert_eq!(Cidr::parse("300.1.1.1/24"), Err(CidrError::Address));
        assert_eq!(Cidr::parse("10.0.0.0/33"), Err(CidrError::Prefix));
        assert_eq!(Cidr::parse("10.20.1.5/24"), Err(CidrError::HostBits { network: cidr("10.20.1.0/24"), bits: 8 }));
    }

    #[test]
    fn subnets_are_counted_from_zero_and_stay_inside() {
        assert_eq!(cidr("10.20.0.0/16").subnet(8, 2), Some(cidr("10.20.2.0/24")));
        assert_eq!(cidr("10.20.0.0/16").subnet(8, 256), None);
        assert_eq!(cidr("10.20.0.0/16").subnet(17, 0), None);
        assert_eq!(cidr("fd00::/48").subnet(16, 3), Some(cidr("fd00:0:0:3::/64")));
        assert_eq!(cidr("0.0.0.0/0").subnet(0, 0), Some(cidr("0.0.0.0/0")));
    }

    #[test]
    fn neighbours_follow() {
        assert_eq!(cidr("10.20.0.0/22").next(24), Some(cidr("10.20.4.0/24")));
        assert_eq!(cidr("255.255.255.0/24").next(24), None);
    }
}
