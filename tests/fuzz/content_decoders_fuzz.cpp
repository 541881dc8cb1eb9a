// Content codings: any bytes, cut in any way, give one content and one verdict; never more at a time than was asked
// for. The first byte chooses the coding.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/coding/decoder.h>

using namespace rondeau;

namespace {

/// Inputs may be bombs.
constexpr std::size_t kEnough = 1 << 20;

std::string play(Coding which, std::string_view input, std::size_t piece, std::size_t most) {
  const auto decoder = coding::make_decoder(which);
  std::string out;
  while (!input.empty()) {
    std::string_view part = input.substr(0, piece);
    input.remove_prefix(part.size());
    for (;;) {
      const std::size_t before = out.size();
      const bool fine = decoder->decode(part, most, out).has_value();
      if (out.size() > before + most) std::abort();
      if (out.size() >= kEnough) return out.substr(0, kEnough);
      // What came before an error depends on the cuts.
      if (!fine) return "refused";
      if (out.size() < before + most) break;
    }
    if (!part.empty()) std::abort();
  }
  return (decoder->at_end() ? "whole " : "cut ") + out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Coding which = coding::kCodings[data[0] % coding::kCodings.size()];
  if (!coding::is_available(which)) return 0;
  const std::string whole = play(which, input, input.size() + 1, 1 << 16);
  if (play(which, input, 1, 1 << 16) != whole) std::abort();
  if (size < 4096 && play(which, input, 7, 13) != whole) std::abort();
  return 0;
}
