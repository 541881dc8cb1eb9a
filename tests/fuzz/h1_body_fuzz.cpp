// Chunked bodies and trailers: any bytes behind a good head, cut in any way, give one verdict and one body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/http/limits.h>

#include "support/parser_peer.h"

using namespace rondeau;

namespace {

http::Limits small_limits() {
  http::Limits limits;
  // Small bounds, so that short inputs reach them.
  limits.chunk_overhead = 64;
  limits.chunk_overhead_per_chunk = 8;
  limits.max_trailers = 128;
  limits.max_trailer_fields = 4;
  return limits;
}

const http::Limits kLimits = small_limits();
constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string play(std::string_view input, std::size_t step) {
  testing::ParserPeer peer(kLimits);
  peer.feed(kHead);
  for (std::size_t at = 0; at < input.size(); at += step) peer.feed(input.substr(at, step));
  std::string all;
  for (const testing::WireVerdict& verdict : peer.finish()) all += verdict.describe() + "\n";
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string whole = play(input, size + 1);
  if (play(input, 1) != whole || play(input, 5) != whole) std::abort();
  return 0;
}
