// Answers of HTTP/1: any bytes, cut in any way, give one verdict and one body. The first byte tells what was asked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/response_parser.h"
#include "support/answer_player.h"

using namespace rondeau;

namespace {

// Small bounds, so that short inputs reach them.
constexpr http::ResponseParser::Bounds kBounds{.head = 512, .fields = 8, .trailers = 128, .trailer_fields = 4};

bool same(const testing::AnswerVerdict& left, const testing::AnswerVerdict& right) {
  if (left.refused != right.refused) return false;
  // Of a body that is refused in the end, more or less may have come out before.
  if (!left.refused.empty()) return true;
  return left.status == right.status && left.body == right.body && left.trailers == right.trailers &&
         left.complete == right.complete && left.keep_alive == right.keep_alive && left.rest == right.rest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const http::Method asked = data[0] == 'h'   ? http::Method::Head
                             : data[0] == 'c' ? http::Method::Connect
                                              : http::Method::Get;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const testing::AnswerVerdict whole = testing::judge_answer(input, asked, size, kBounds);
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}}) {
    if (!same(testing::judge_answer(input, asked, step, kBounds), whole)) std::abort();
  }
  // Who has no body was never given one.
  if (asked == http::Method::Head && !whole.body.empty()) std::abort();
  return 0;
}
