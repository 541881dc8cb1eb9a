#include <initializer_list>
#include <string_view>

#include "http2/row.h"

namespace http2_test {
namespace {

const std::string kMalformed = "RST_STREAM 3 PROTOCOL_ERROR";

std::string with(std::string name, std::string value) {
  return get(3, "/", {{std::move(name), std::move(value)}});
}

std::string of(std::string method, std::string path, std::string authority, std::string scheme = "http") {
  return headers(3, {{":method", std::move(method)},
                     {":scheme", std::move(scheme)},
                     {":authority", std::move(authority)},
                     {":path", std::move(path)}});
}

std::string shown(std::string_view text) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return out;
}

/// RFC 9113 §8.2.1: what no field may hold; the rest is HTTP's.
void add_bytes(std::vector<Row>& rows) {
  const std::size_t from = rows.size();
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string c(1, static_cast<char>(byte));
    const bool is_blank = byte == ' ' || byte == '\t';
    const bool token = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                       (byte != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
    if (!token)
      rows.push_back({"a name with " + shown(c) + " in it (RFC 9113 §8.2.1)", with("x" + c + "y", "z"), kMalformed});
    const bool bad = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    if (bad)
      rows.push_back({"a value with " + shown(c) + " in it (RFC 9113 §8.2.1)", with("x", "a" + c + "b"), kMalformed});
    if (is_blank) {
      rows.push_back({"a value that begins with " + shown(c) + " (RFC 9113 §8.2.1)", with("x", c + "b"), kMalformed});
      rows.push_back({"a value that ends with " + shown(c) + " (RFC 9113 §8.2.1)", with("x", "a" + c), kMalformed});
    }
  }
  for (std::size_t i = from + 1; i < rows.size(); ++i) rows[i].first = false;
  for (const char* good : {"a\tb", "a b", "\x80\xff", ""}) {
    rows.push_back({"a value of " + shown(good) + " (RFC 9110 §5.5)", with("x", good), "200"});
  }
  rows.push_back({"an empty name (RFC 9113 §8.2.1)", with("", "a"), kMalformed});
}

/// RFC 9113 §8.2.2: fields about a connection of HTTP/1.1.
void add_connection(std::vector<Row>& rows) {
  const std::initializer_list<std::pair<const char*, const char*>> fields = {{"connection", "close"},
                                                                             {"connection", "keep-alive"},
                                                                             {"keep-alive", "timeout=5"},
                                                                             {"proxy-connection", "close"},
                                                                             {"transfer-encoding", "chunked"},
                                                                             {"transfer-encoding", ""},
                                                                             {"upgrade", "h2c"},
                                                                             {"te", "gzip"},
                                                                             {"te", "trailers, gzip"},
                                                                             {"te", ""}};
  for (const auto& [name, value] : fields) {
    rows.push_back({std::string(name) + ": " + value + " (RFC 9113 §8.2.2)", with(name, value), kMalformed});
  }
  rows.push_back({"te: trailers (RFC 9113 §8.2.2)", with("te", "trailers"), "200"});
}

/// RFC 9113 §8.3.
void add_pseudo(std::vector<Row>& rows) {
  const Fields all = request("GET", "/");
  for (std::size_t i = 0; i < all.size(); ++i) {
    Fields twice = all;
    twice.push_back(all[i]);
    rows.push_back({all[i].first + " twice (RFC 9113 §8.3)", headers(3, twice), kMalformed});
    Fields late = all;
    late.erase(late.begin() + static_cast<std::ptrdiff_t>(i));
    const bool needed = all[i].first != ":authority";
    rows.push_back({"no " + all[i].first + (needed ? " (RFC 9113 §8.3.1)" : ", and no host (RFC 9110 §7.2)"),
                    headers(3, late), kMalformed});
    late.emplace_back("x", "y");
    late.push_back(all[i]);
    rows.push_back({all[i].first + " behind a field (RFC 9113 §8.3)", headers(3, late), kMalformed});
  }
  rows.insert(
      rows.end(),
      {
          {"a host in place of the authority (RFC 9113 §8.3.1)",
           headers(3, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "test"}}), "200"},
          {"a host that says the same (RFC 9113 §8.3.1)", with("host", "TEST"), "200"},
          {"a host that says another (RFC 9113 §8.3.1)", with("host", "other"), "400"},
          {"two hosts (RFC 9110 §7.2)", get(3, "/", {{"host", "test"}, {"host", "test"}}), kMalformed},
          {"an empty host beside an authority (RFC 9110 §7.2)", with("host", ""), kMalformed},
          {":status (RFC 9113 §8.3)", with(":status", "200"), kMalformed},
          {"a pseudo-field that nobody knows (RFC 9113 §8.3)",
           headers(3, {{":method", "GET"}, {":what", "x"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}),
           kMalformed},
          {":protocol without CONNECT (RFC 8441 §4)",
           headers(3, {{":method", "GET"},
                       {":protocol", "websocket"},
                       {":scheme", "http"},
                       {":authority", "a"},
                       {":path", "/"}}),
           kMalformed},
          {"an empty path (RFC 9113 §8.3.1)", of("GET", "", "test"), kMalformed},
          {"an asterisk with OPTIONS (RFC 9113 §8.3.1)", of("OPTIONS", "*", "test"), "204"},
          {"CONNECT with a path (RFC 9113 §8.5)", of("CONNECT", "/", "test"), kMalformed},
          {"CONNECT without authority (RFC 9113 §8.5)", headers(3, {{":method", "CONNECT"}}), kMalformed},
          {"CONNECT (RFC 9110 §9.3.6)", headers(3, {{":method", "CONNECT"}, {":authority", "a:443"}}), "501"},
          {"an unknown method (RFC 9110 §9.1)", of("BREW", "/", "test"), "501"},
          {"an empty method (RFC 9110 §9.1)", of("", "/", "test"), kMalformed},
          {"another scheme (RFC 9110 §4.2)", of("GET", "/", "test", "ftp"), "400"},
          {"another expectation (RFC 9110 §10.1.1)", with("expect", "cake"), "417"},
      });
}

/// The rules of HTTP/1.1 for targets and hosts hold here, too: the same refusals, whatever nghttp2 refuses before.
void add_targets(std::vector<Row>& rows) {
  const std::size_t from = rows.size();
  for (const char* path :
       {"a",    "*",   "/a b",   "/\"",      "/<",         "/>", "/#",        "/\\",   "/%",     "/%z0",
        "/%00", "/..", "/a/./b", "/%2e%2E/", "/ HTTP/1.1", "?a", "http://a/", "/\x80", "/?\xff", "/?<"}) {
    rows.push_back({"a path of " + shown(path) + " (RFC 3986 §2)", of("GET", path, "test"), "refused"});
  }
  for (const char* host : {"a b", "a/b", "u@a", "a:b", "a:65536", "[::1", "::1", "a,b c", "a%zz", "a%00", "\x80",
                           "a\\b", ":80", "[a]", "a#b", "a?b"}) {
    rows.push_back({"an authority of " + shown(host) + " (RFC 3986 §3.2)", of("GET", "/", host), "refused"});
  }
  for (const char* line : {"a\r\nx: y", "a\ny", "a\ry"}) {
    rows.push_back({"an authority of " + shown(line) + " (RFC 9113 §8.2.1)", of("GET", "/", line), "refused"});
    rows.push_back(
        {"a path of /" + shown(line) + " (RFC 9113 §8.2.1)", of("GET", "/" + std::string(line), "test"), "refused"});
    rows.push_back({"a method of " + shown(line) + " (RFC 9113 §8.2.1)", of(line, "/", "test"), "refused"});
  }
  for (std::size_t i = from + 1; i < rows.size(); ++i) rows[i].first = false;
}

/// RFC 9113 §8.1.1: a body is as long as its length says.
void add_bodies(std::vector<Row>& rows) {
  const auto body = [](const char* length, const std::string& rest) {
    return post(3, "/echo", {{"content-length", length}}) + rest;
  };
  const std::string trailers = headers(3, {{"x-sum", "1"}});
  rows.insert(
      rows.end(),
      {
          {"as long as it says (RFC 9113 §8.1.1)", body("3", data(3, "abc", kEnd)), "200"},
          {"as long as it says, in pieces, with trailers (RFC 9113 §8.1.1)",
           body("3", data(3, "ab") + data(3, "c") + trailers), "200"},
          {"longer than it says (RFC 9113 §8.1.1)", body("3", data(3, "abcd", kEnd)), kMalformed},
          {"longer than it says, and not at its end (RFC 9113 §8.1.1)", body("3", data(3, "abcd")), kMalformed},
          {"shorter than it says (RFC 9113 §8.1.1)", body("3", data(3, "ab", kEnd)), kMalformed},
          {"shorter than it says, with trailers (RFC 9113 §8.1.1)", body("3", data(3, "ab") + trailers), kMalformed},
          {"a length and no body (RFC 9113 §8.1.1)", with("content-length", "3"), kMalformed},
          {"a length of 0 and no body (RFC 9113 §8.1.1)", with("content-length", "0"), "200"},
          {"a length twice (RFC 9110 §8.6)",
           post(3, "/echo", {{"content-length", "3"}, {"content-length", "3"}}) + data(3, "abc", kEnd), kMalformed},
          {"a length that is none (RFC 9110 §8.6)", body("3x", data(3, "abc", kEnd)), kMalformed},
          {"a length with a sign (RFC 9110 §8.6)", body("+3", data(3, "abc", kEnd)), kMalformed},
          {"a length of 2^63 (RFC 9110 §8.6)", body("9223372036854775808", data(3, "abc", kEnd)), kMalformed},
          {"trailers (RFC 9113 §8.1)", post(3, "/echo") + data(3, "abc") + trailers, "200"},
          {"trailers that do not end the stream (RFC 9113 §8.1)",
           post(3, "/echo") + data(3, "abc") + headers(3, {{"x-sum", "1"}}, kEndHeaders), kMalformed},
          {"a pseudo-field in trailers (RFC 9113 §8.1)",
           post(3, "/echo") + data(3, "abc") + headers(3, {{":path", "/"}}), kMalformed},
          {"an upper-case name in trailers (RFC 9113 §8.2.1)",
           post(3, "/echo") + data(3, "abc") + headers(3, {{"X-Sum", "1"}}), kMalformed},
          {"a connection in trailers (RFC 9113 §8.2.2)",
           post(3, "/echo") + data(3, "abc") + headers(3, {{"connection", "close"}}), kMalformed},
          {"a body of no frames (RFC 9113 §8.1)", post(3, "/echo") + data(3, "", kEnd), "200"},
          {"a GET with a body (RFC 9110 §9.3.1)", headers(3, request("GET", "/"), kEndHeaders) + data(3, "abc", kEnd),
           "200"},
      });
}

}  // namespace

std::vector<Row> request_rows() {
  std::vector<Row> rows;
  add_bytes(rows);
  add_connection(rows);
  add_pseudo(rows);
  add_targets(rows);
  add_bodies(rows);
  return rows;
}

std::vector<Row> hpack_rows() {
  const auto block = [](std::string fields) {
    return frame(NGHTTP2_HEADERS, kEnd | kEndHeaders, 3, hpack(request("GET", "/")) + fields);
  };
  const auto sized = [](std::string update) {
    return frame(NGHTTP2_HEADERS, kEnd | kEndHeaders, 3, update + hpack(request("GET", "/")));
  };
  using namespace std::string_literals;
  const std::string bad = "GOAWAY COMPRESSION_ERROR";
  return {
      {"an entry of the static table (RFC 7541 §6.1)", block("\x90"s), "200"},
      {"the entry 0 (RFC 7541 §6.1)", block("\x80"s), bad},
      {"an entry that is not there (RFC 7541 §2.3.3)", block("\xbe"s), bad},
      {"a name that is not there (RFC 7541 §2.3.3)", block("\x0f\xff\x01\x01z"s), bad},
      {"a number that does not end (RFC 7541 §5.1)", block("\xff\xff\xff\xff\xff\xff\xff"s), bad},
      {"a text that does not end (RFC 7541 §5.2)", block("\x00\x7fx"s), bad},
      {"a literal whose value is missing (RFC 7541 §6.2)", block("\x00\x01x"s), bad},
      {"Huffman with the end of string in it (RFC 7541 §5.2)", block("\x00\x01x\x84\xff\xff\xff\xff"s), bad},
      {"Huffman with eight bits of padding (RFC 7541 §5.2)", block("\x00\x01x\x82\x1f\xff"s), bad},
      {"Huffman with padding that is not ones (RFC 7541 §5.2)", block("\x00\x01x\x81\x18"s), bad},
      {"Huffman (RFC 7541 §5.2)", block("\x00\x01x\x81\x1f"s), "200"},
      {"a table as large as we said (RFC 7541 §6.3)", sized("\x3f\xe1\x1f"s), "200"},
      {"a table of one byte more (RFC 7541 §6.3)", sized("\x3f\xe2\x1f"s), bad},
      {"a table of no bytes (RFC 7541 §6.3)", sized("\x20"s), "200"},
      {"a table's size behind a field (RFC 7541 §4.2)", block("\x20"s), bad},
  };
}

}  // namespace http2_test
