#include <rondeau/connect/address_policy.h>

#include <string>

#include <doctest/doctest.h>

using namespace rondeau;
using connect::AddressPolicy;

namespace {

struct Case {
  const char* address;
  bool is_public;
};

// The first and the last of each range, and its neighbours where they are public.
constexpr Case kCases[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.169.254", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"192.0.0.1", false},
    {"192.0.1.0", true},
    {"192.0.2.7", false},
    {"192.88.99.1", false},
    {"192.167.255.255", true},
    {"192.168.0.0", false},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.100.1", false},
    {"203.0.113.255", false},
    {"203.0.114.0", true},
    {"223.255.255.255", true},
    {"224.0.0.1", false},
    {"239.255.255.255", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"8.8.8.8", true},

    {"::", false},
    {"::1", false},
    {"::2", false},
    {"::7f00:1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.1.2.3", false},
    {"::ffff:8.8.8.8", true},
    {"100::1", false},
    {"64:ff9b::10.0.0.1", false},
    {"64:ff9b::8.8.8.8", true},
    {"64:ff9b:1::8.8.8.8", false},
    {"2000::1", true},
    {"2001:1::1", false},
    {"2001:2::1", false},
    {"2001:1ff::1", false},
    {"2001:200::1", true},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"2606:4700::1111", true},
    // Teredo: the client's address is inverted in the last four bytes.
    {"2001:0:808:808::f5ff:fffe", false},
    {"2001:0:808:808::f7f7:f7f7", true},
    // 6to4: the address follows the prefix.
    {"2002:0a00:0001::1", false},
    {"2002:0808:0808::1", true},
    {"2002:7f00:0001::", false},
    {"3fff::1", false},
    {"3fff:fff::1", false},
    {"3fff:1000::1", true},
    {"3ffe::1", true},
    {"4000::1", false},
    {"5f00::1", false},
    {"fc00::1", false},
    {"fdff::1", false},
    {"fe80::1", false},
    {"fe80::1%2", false},
    {"fec0::1", false},
    {"ff02::1", false},
};

}  // namespace

TEST_CASE("connect: public addresses are those that no registry of special purposes names") {
  for (const Case& each : kCases) {
    CAPTURE(each.address);
    CHECK(connect::is_public(IpAddress::parse(each.address).value()) == each.is_public);
  }
}

TEST_CASE("connect: an address policy allows all, the public ones, or what a function says") {
  const SocketAddress home(IpAddress::loopback_v4(), 80);
  const SocketAddress public_one(IpAddress::v4(8, 8, 8, 8), 80);
  const SocketAddress unix_socket = SocketAddress::unix_path("/run/x.sock").value();
  CHECK(AddressPolicy::allow_all().allows(home));
  CHECK(AddressPolicy::allow_all().allows(unix_socket));
  CHECK_FALSE(AddressPolicy::public_only().allows(home));
  CHECK_FALSE(AddressPolicy::public_only().allows(unix_socket));
  CHECK(AddressPolicy::public_only().allows(public_one));
  const auto port_80 = AddressPolicy::custom([](const SocketAddress& address) { return address.port() == 80; });
  CHECK(port_80.allows(home));
  CHECK_FALSE(port_80.allows(SocketAddress(IpAddress::loopback_v4(), 81)));
}
