#include <rondeau/base/socket_address.h>

#include <string>
#include <unordered_set>

#include <doctest/doctest.h>

namespace {

using rondeau::Errc;
using rondeau::IpAddress;
using rondeau::SocketAddress;

TEST_CASE("base: an address of a socket is written as it is read") {
  const struct {
    std::string_view text;
    std::string_view written;  // empty: refused
  } cases[] = {
      {"127.0.0.1:80", "127.0.0.1:80"},
      {"0.0.0.0:0", "0.0.0.0:0"},
      {"255.255.255.255:65535", "255.255.255.255:65535"},
      {"[::1]:80", "[::1]:80"},
      {"[::]:443", "[::]:443"},
      {"[2001:DB8:0:0::7]:1", "[2001:db8::7]:1"},
      {"[::ffff:10.0.0.7]:5432", "[::ffff:10.0.0.7]:5432"},
      {"[fe80::1%1]:22", "[fe80::1%1]:22"},
      {"unix:/run/service.sock", "unix:/run/service.sock"},
      {"unix:@abstract", "unix:@abstract"},
      {"", ""},
      {":80", ""},
      {"127.0.0.1", ""},
      {"127.0.0.1:", ""},
      {"127.0.0.1:65536", ""},
      {"127.0.0.1:-1", ""},
      {"127.0.0.1:+1", ""},
      {"127.0.0.1: 80", ""},
      {"127.0.0.1:80 ", ""},
      {"127.0.1:80", ""},
      {"127.0.0.256:80", ""},
      {"0x7f.0.0.1:80", ""},
      {"localhost:80", ""},
      {"::1:80", ""},
      {"[127.0.0.1]:80", ""},
      {"[::1:80", ""},
      {"::1]:80", ""},
      {"[]:80", ""},
      {"[::1%no-such-interface]:80", ""},
      {"10.0.0.1%1:80", ""},
      {"unix:", ""},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    auto address = SocketAddress::parse(row.text);
    REQUIRE(address.has_value() == !row.written.empty());
    if (!address) {
      CHECK(address.error() == Errc::InvalidData);
      continue;
    }
    CHECK(address->to_string() == row.written);
    CHECK(*SocketAddress::parse(row.written) == *address);
  }
}

TEST_CASE("base: a NUL in an address of a host does not hide what follows") {
  CHECK_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0x", 11)));
}

TEST_CASE("NE7: base: an address of a host is read in its usual forms only, and written in the shortest") {
  const struct {
    std::string_view text;
    std::string_view written;  // empty: refused
  } cases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"10.0.0.7", "10.0.0.7"},
      {"::", "::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:0DB8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"::ffff:10.0.0.7", "::ffff:10.0.0.7"},
      {"fe80::1%7", "fe80::1%7"},
      {"fe80::1%0", "fe80::1"},
      {"fe80::1%lo", "fe80::1%1"},
      {"127.1", ""},
      {"2130706433", ""},
      {"127.0.0.01", ""},
      {"127.0.0.1.", ""},
      {" 127.0.0.1", ""},
      {"127.0.0.1 ", ""},
      {"127.0.0.256", ""},
      {"1:2:3:4:5:6:7", ""},
      {"1:2:3:4:5:6:7:8:9", ""},
      {"1::2::3", ""},
      {"12345::", ""},
      {"[::1]", ""},
      {"fe80::1%", ""},
      {"fe80::1%4294967296", ""},
      {"fe80::1%-1", ""},
      {"", ""},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    auto address = IpAddress::parse(row.text);
    REQUIRE(address.has_value() == !row.written.empty());
    if (!address) continue;
    CHECK(address->to_string() == row.written);
    CHECK(*IpAddress::parse(row.written) == *address);
  }
}

TEST_CASE("NE7: base: a path is never written as an abstract name") {
  CHECK(SocketAddress::unix_path("@file")->to_string() == "unix:./@file");
  CHECK(SocketAddress::parse("unix:./@file")->path() == "./@file");
  const std::string odd("\0a\0b", 4);
  const SocketAddress abstract = *SocketAddress::unix_path(odd);
  CHECK(abstract.to_string() == std::string("unix:@a\0b", 9));
  CHECK(*SocketAddress::parse(abstract.to_string()) == abstract);
}

TEST_CASE("base: an address survives the way to the system and back") {
  for (std::string_view text : {"10.1.2.3:4567", "[2001:db8::1]:9", "[fe80::1%3]:9", "unix:/tmp/x", "unix:@x"}) {
    CAPTURE(text);
    const SocketAddress address = *SocketAddress::parse(text);
    sockaddr_storage system;
    const socklen_t size = address.to_system(system);
    CHECK(system.ss_family == address.family());
    CHECK(*SocketAddress::from_system(system, size) == address);
  }
}

TEST_CASE("base: a Unix name that does not fit is refused") {
  CHECK(SocketAddress::unix_path(std::string(107, 'a')));
  CHECK(SocketAddress::unix_path(std::string(108, 'a')).error() == Errc::InvalidArgument);
  CHECK(SocketAddress::unix_path('\0' + std::string(107, 'a')));
  CHECK(SocketAddress::unix_path('\0' + std::string(108, 'a')).error() == Errc::InvalidArgument);
  CHECK(SocketAddress::unix_path(std::string_view("a\0b", 3)).error() == Errc::InvalidArgument);
}

TEST_CASE("base: loopback, unspecified and mapped addresses are known") {
  CHECK(IpAddress::parse("127.255.0.1")->is_loopback());
  CHECK(IpAddress::parse("::1")->is_loopback());
  CHECK(IpAddress::parse("::ffff:127.0.0.1")->is_loopback());
  CHECK_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
  CHECK_FALSE(IpAddress::parse("::2")->is_loopback());
  CHECK(IpAddress::any_v4().is_unspecified());
  CHECK(IpAddress::any_v6().is_unspecified());
  CHECK_FALSE(IpAddress::loopback_v6().is_unspecified());
  CHECK(IpAddress::parse("::ffff:10.0.0.7")->unmapped() == *IpAddress::parse("10.0.0.7"));
  CHECK(IpAddress::parse("::a00:7")->unmapped().is_v6());
}

TEST_CASE("base: addresses that differ in version or scope only are different") {
  const std::unordered_set<IpAddress> addresses{IpAddress::any_v4(), IpAddress::any_v6(),
                                                *IpAddress::parse("fe80::1%1"), *IpAddress::parse("fe80::1%2")};
  CHECK(addresses.size() == 4);
}

}  // namespace
