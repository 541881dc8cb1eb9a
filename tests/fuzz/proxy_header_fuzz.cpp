// Headers of the PROXY protocol: any bytes, cut in any way, are one header or none, of one length.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/proxy_header.h"

using namespace rondeau;
using server::ProxyHeader;
using Status = ProxyHeader::Status;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

struct Read {
  Status status = Status::More;
  std::size_t length = 0;
  std::string source;
};

Read read(std::string_view input, std::size_t step) {
  ProxyHeader header;
  Read seen;
  while (seen.status == Status::More) {
    require(header.missing() > 0);
    const std::size_t count = std::min({step, header.missing(), input.size() - seen.length});
    if (count == 0) break;
    seen.status = header.feed(input.substr(seen.length, count));
    seen.length += count;
  }
  require(seen.status == Status::More || header.missing() == 0);
  require(seen.length <= ProxyHeader::kLongest);
  if (seen.status == Status::Complete && header.source()) seen.source = header.source()->to_string();
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Read whole = read(input, size + 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Read pieces = read(input, step);
    require(pieces.status == whole.status);
    require(pieces.source == whole.source);
    // Of what is refused more or less may have been looked at.
    require(pieces.status == Status::Refused || pieces.length == whole.length);
  }
  return 0;
}
