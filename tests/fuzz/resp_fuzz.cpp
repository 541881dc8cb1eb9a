// RESP replies: any bytes, cut in any way, give one verdict. The first byte chooses the limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/resp_player.h"

using namespace rondeau;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  redis::ParserLimits limits;
  // Small bounds, so that short inputs reach them.
  if ((data[0] & 1) != 0) limits = {.max_reply = 500, .max_line = 20, .max_depth = 3};
  const std::string whole = support::play_resp(input, input.size() + 1, limits);
  if (support::play_resp(input, 1, limits) != whole) std::abort();
  if (support::play_resp(input, 5, limits) != whole) std::abort();
  return 0;
}
