// Bodies of multipart/form-data: any bytes, cut in any way, give one list of parts or one refusal.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "extract/multipart_parser.h"

using namespace rondeau;
using extract::MultipartParser;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

http::Limits small_limits() {
  http::Limits limits;
  // Small bounds, so that short inputs reach them.
  limits.max_parts = 4;
  limits.max_part_head = 128;
  limits.max_part_fields = 3;
  return limits;
}

const http::Limits kLimits = small_limits();

std::string play(std::string_view input, std::size_t step) {
  MultipartParser parser("b", kLimits);
  std::string seen;
  std::size_t at = 0;
  std::size_t content = 0;
  while (true) {
    switch (parser.next()) {
      case MultipartParser::Event::NeedInput:
        if (at == input.size()) {
          parser.finish();
        } else {
          parser.feed(input.substr(at, step));
          at += std::min(step, input.size() - at);
        }
        break;
      case MultipartParser::Event::PartBegins:
        require(!parser.head().name.empty());
        if (parser.head().filename) require(parser.head().filename->find_first_of("/\\") == std::string::npos);
        seen += "[" + parser.head().name + "|" + parser.head().filename.value_or("-") + "]";
        break;
      case MultipartParser::Event::Piece:
        content += parser.piece().size();
        require(!parser.piece().empty() && content < input.size());
        seen += parser.piece();
        break;
      case MultipartParser::Event::PartEnds:
        seen += "/";
        break;
      case MultipartParser::Event::End:
        return seen + "end";
      case MultipartParser::Event::Failed:
        // How far it came depends on the cuts; that it was refused, and how, does not.
        return std::string(parser.reason());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string whole = play(input, size + 1);
  require(play(input, 1) == whole);
  require(play(input, 7) == whole);
  static_cast<void>(extract::boundary_of(input));
  return 0;
}
