#include "server/proxy_header.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/proxy_header.h"

using namespace rondeau;
using server::ProxyHeader;
using support::proxy_v2;
using support::with_checksum;
using Status = ProxyHeader::Status;

namespace {

/// "+ADDRESS" or "+none" for one that is complete, "-" for one that is refused, "?" where more is wanted; then what was
/// left unread. Bytes come in pieces of at most `step`.
std::string play(std::string_view bytes, std::size_t step = 4096) {
  ProxyHeader header;
  std::size_t at = 0;
  Status status = Status::More;
  while (status == Status::More && at < bytes.size()) {
    const std::size_t count = std::min({step, header.missing(), bytes.size() - at});
    REQUIRE(count > 0);
    status = header.feed(bytes.substr(at, count));
    at += count;
  }
  if (status == Status::More) return "?";
  if (status == Status::Refused) return "-";
  const std::string source = header.source() ? header.source()->to_string() : "none";
  return "+" + source + " " + std::string(bytes.substr(at));
}

const std::string kV4("\x0a\0\0\x01\x0a\0\0\x02\xd4\x31\x01\xbb", 12);
const std::string kV6 = std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16) + std::string(16, '\x02') +
                        std::string("\0\x50\x01\xbb", 4);

}  // namespace

TEST_CASE("server: a PROXY header of version 1 names the client") {
  const std::string zeros(20, '0');
  struct Case {
    std::string bytes;
    std::string_view verdict;
  };
  for (const Case& row : std::vector<Case>{
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\nGET", "+192.0.2.1:56324 GET"},
           {"PROXY TCP6 2001:db8::1 ::1 1 65535\r\nGET", "+[2001:db8::1]:1 GET"},
           {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            "+[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535 "},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 0 0\r\n", "+192.0.2.1:0 "},
           {"PROXY UNKNOWN\r\nGET", "+none GET"},
           {"PROXY UNKNOWN whatever it says 1 2\r\nGET", "+none GET"},
           {"PROXY UNKNOWN " + std::string(91, 'x') + "\r\nG", "+none G"},   // 107 bytes
           {"PROXY UNKNOWN " + std::string(92, 'x') + "\r\nG", "-"},
           {"PROXY UNKNOWN " + std::string(200, 'x'), "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443", "?"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r", "?"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r ", "-"},
           {"PROXY TCP4  192.0.2.1 10.0.0.1 56324 443\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 \r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 1\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 65536 443\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 -1\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 056324 443\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 +1 443\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.1 " + zeros + " 443\r\n", "-"},
           {"PROXY TCP4 192.0.2 10.0.0.1 56324 443\r\n", "-"},
           {"PROXY TCP4 192.0.2.1 10.0.0.256 56324 443\r\n", "-"},
           {"PROXY TCP4 2001:db8::1 ::1 1 2\r\n", "-"},
           {"PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n", "-"},
           {"PROXY TCP6 fe80::1%2 ::1 1 2\r\n", "-"},
           {"PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n", "-"},
           {"PROXY UNKNOWNS\r\n", "-"},
           {"proxy TCP4 192.0.2.1 10.0.0.1 1 2\r\n", "-"},
           {"PROXY\tTCP4 192.0.2.1 10.0.0.1 1 2\r\n", "-"},
           {"GET / HTTP/1.1\r\n", "-"},
           {"P", "?"},
           {"PRI * HTTP/2.0\r\n", "-"},
           {"\x16\x03\x01", "-"},
       }) {
    CAPTURE(row.bytes);
    for (std::size_t step = 1; step < 20; ++step) CHECK(play(row.bytes, step) == row.verdict);
    CHECK(play(row.bytes) == row.verdict);
  }
}

TEST_CASE("server: a PROXY header of version 2 names the client") {
  const std::string extra("\x04\0\x02zz", 5);
  struct Case {
    std::string bytes;
    std::string_view verdict;
  };
  for (const Case& row : std::vector<Case>{
           {proxy_v2(0x21, 0x11, kV4) + "GET", "+10.0.0.1:54321 GET"},
           {proxy_v2(0x21, 0x21, kV6) + "GET", "+[2001:db8::1]:80 GET"},
           {proxy_v2(0x21, 0x11, kV4 + extra) + "GET", "+10.0.0.1:54321 GET"},
           {proxy_v2(0x21, 0x11, kV4 + extra + extra), "+10.0.0.1:54321 "},
           {proxy_v2(0x21, 0x11, kV4 + std::string("\x05\0\0", 3)), "+10.0.0.1:54321 "},
           {proxy_v2(0x21, 0x11, kV4 + extra + "\x04"), "-"},
           {proxy_v2(0x21, 0x11, kV4 + std::string("\x04\0\x03zz", 5)), "-"},
           {proxy_v2(0x21, 0x11, kV4.substr(0, 11)), "-"},
           {proxy_v2(0x21, 0x21, kV6.substr(0, 35)), "-"},
           {proxy_v2(0x21, 0x31, std::string(216, 'u')) + "GET", "+none GET"},
           {proxy_v2(0x21, 0x31, std::string(215, 'u')), "-"},
           {proxy_v2(0x21, 0x00, "anything"), "+none "},
           {proxy_v2(0x20, 0x00, "") + "GET", "+none GET"},
           {proxy_v2(0x20, 0x11, kV4) + "GET", "+none GET"},
           {proxy_v2(0x21, 0x12, kV4), "-"},  // datagrams
           {proxy_v2(0x21, 0x41, kV4), "-"},
           {proxy_v2(0x22, 0x11, kV4), "-"},
           {proxy_v2(0x11, 0x11, kV4), "-"},
           {proxy_v2(0x31, 0x11, kV4), "-"},
           {with_checksum(kV4, 0), "+10.0.0.1:54321 "},
           {with_checksum(kV4, 1), "-"},
           {proxy_v2(0x21, 0x11, kV4 + std::string("\x03\0\x02zz", 5)), "-"},
           {proxy_v2(0x20, 0x00, std::string(4080, 'x')), "+none "},
           {proxy_v2(0x20, 0x00, std::string(4081, 'x')), "-"},
           {proxy_v2(0x21, 0x11, kV4).substr(0, 27), "?"},
           {proxy_v2(0x21, 0x11, kV4).substr(0, 12), "?"},
           {std::string("\r\n\r\n\0\r\nQUIT\r", 12), "-"},
           {"\r\n\r\nGET / HTTP/1.1\r\n", "-"},
       }) {
    CAPTURE(row.bytes);
    for (std::size_t step = 1; step < 20; ++step) CHECK(play(row.bytes, step) == row.verdict);
    CHECK(play(row.bytes) == row.verdict);
  }
}
