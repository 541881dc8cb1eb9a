// Content codings: any bytes, cut in any way, give one content and one verdict; never more at a time than was asked
// for. The first byte chooses the coding, and one that may stand around it, as a client takes both off a response.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/coding/decoder.h>

#include "client/content_decoder.h"

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

std::string play_response(const std::string& codings, std::string_view input, std::size_t piece) {
  Headers headers;
  if (!headers.set(HeaderName::ContentEncoding, codings)) std::abort();
  auto taken = client::ContentDecoder::take(headers);
  if (!taken || !*taken || !headers.empty()) std::abort();
  client::ContentDecoder& decoder = **taken;
  std::string out;
  for (bool over = false; !over;) {
    over = input.empty();
    decoder.feed(Bytes::copy_of(input.substr(0, piece)));
    input.remove_prefix(std::min(piece, input.size()));
    for (;;) {
      const auto next = decoder.next();
      if (!next) return "refused";
      if (!*next) break;
      if ((*next)->empty() || (*next)->size() > client::ContentDecoder::kPiece) std::abort();
      out += (*next)->view();
      if (out.size() >= kEnough) return out.substr(0, kEnough);
    }
  }
  return "whole " + out;
}

void check_response(const std::string& codings, std::string_view input) {
  const std::string whole = play_response(codings, input, input.size() + 1);
  if (play_response(codings, input, 3) != whole) std::abort();
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

  // What one decoder takes to its end a response has, too; no bytes are no content.
  const std::string name(coding::to_string(which));
  const std::string alone = play_response(name, input, input.size() + 1);
  if (whole.starts_with("whole ") ? alone != whole : alone.starts_with("whole ") && !input.empty()) std::abort();
  check_response(name, input);
  const Coding outer = coding::kCodings[data[0] / coding::kCodings.size() % coding::kCodings.size()];
  if (coding::is_available(outer)) check_response(name + ", " + std::string(coding::to_string(outer)), input);
  return 0;
}
