// Heads and bodies of HTTP/1.1: the verdict does not depend on how the bytes are cut; what we accept llhttp accepts,
// and it means the same when it is written out again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/http/limits.h>

#include "http/machine.h"
#include "support/parser_peer.h"

using namespace rondeau;

namespace {

const http::Limits kLimits;

std::string play(std::string_view input, std::size_t step) {
  testing::ParserPeer peer(kLimits);
  for (std::size_t at = 0; at < input.size(); at += step) peer.feed(input.substr(at, step));
  std::string all;
  for (const testing::WireVerdict& verdict : peer.finish()) all += verdict.describe() + "\n";
  return all;
}

void require(bool condition) {
  if (!condition) std::abort();
}

/// Writes an accepted head out anew.
std::string encode(const http::RequestHead& head) {
  std::string text(to_string(head.method));
  text.append(" ").append(head.text(head.target_text)).append(" ").append(to_string(head.version)).append("\r\n");
  for (const http::HeadField& field : head.fields) {
    text.append(head.text(field.name)).append(": ").append(head.text(field.value)).append("\r\n");
  }
  return text.append("\r\n");
}

void check_head(std::string_view input) {
  http::RequestParser parser(kLimits);
  http::RequestHead head;
  if (parser.parse_head(input, head) != http::RequestParser::Status::Head) return;
  std::string again = encode(head);
  http::Machine machine;
  // A method llhttp does not know is not known to us either.
  require(machine.head(http::Machine::Kind::Request, again));
  http::RequestParser second(kLimits);
  http::RequestHead twin;
  // Adding a space behind a colon may pass a limit.
  if (second.parse_head(again, twin) != http::RequestParser::Status::Head) {
    require(second.refusal().status == StatusCode::RequestHeaderFieldsTooLarge);
    return;
  }
  require(encode(twin) == again);
  require(twin.framing == head.framing && twin.content_length == head.content_length);
  require(twin.keep_alive == head.keep_alive && twin.expects_continue == head.expects_continue);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string whole = play(input, size + 1);
  require(play(input, 1) == whole);
  require(play(input, 7) == whole);
  check_head(input);
  return 0;
}
