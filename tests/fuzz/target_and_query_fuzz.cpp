// Targets, percent-decoding, query pairs, authorities and the text helpers beside them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/text/base64.h>
#include <rondeau/text/date.h>
#include <rondeau/text/percent.h>
#include <rondeau/text/utf8.h>
#include <rondeau/text/uuid.h>
#include <rondeau/url/authority.h>
#include <rondeau/url/query.h>
#include <rondeau/url/target.h>

#include "http/control_scan.h"

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_target(std::string_view input) {
  auto target = url::parse_target(input);
  if (!target) return;
  // The pieces are the target: nothing is lost between them.
  std::string_view path = target->path.in(input);
  std::string_view query = target->query.in(input);
  std::string again;
  if (target->form == url::TargetForm::Absolute) {
    again = std::string(input.substr(0, target->authority.offset)) + std::string(target->authority.in(input));
    require(url::parse_authority(target->authority.in(input)).has_value());
  }
  again += std::string(path) + (target->has_query ? "?" + std::string(query) : "");
  require(again == input);
  require(!url::has_dot_segment(path));
  auto decoded = text::percent_decode(path);
  require(decoded.has_value());
  require(decoded->find('\0') == std::string::npos);
}

void check_query(std::string_view input) {
  url::QueryPairs pairs(input);
  for (url::QueryPair pair; pairs.next(pair);) {
    require(!pair.name.empty() || !pair.value.empty() || input.find('=') != std::string_view::npos);
    auto name = pair.decoded_name();
    if (name) require(pair.has_name(*name));
    static_cast<void>(pair.decoded_value());
  }
}

void check_round_trips(std::string_view input) {
  for (auto set : {text::EncodeSet::Component, text::EncodeSet::Path, text::EncodeSet::Form}) {
    auto plus = set == text::EncodeSet::Form ? text::Plus::Space : text::Plus::Literal;
    require(text::percent_decode(text::percent_encode(input, set), plus).value() == input);
  }
  for (auto form : {text::Base64Form::Standard, text::Base64Form::Url}) {
    require(text::base64_decode(text::base64_encode(input, form), form).value() == input);
    if (auto decoded = text::base64_decode(input, form)) require(text::base64_encode(*decoded, form) == input);
  }
  require(text::hex_decode(text::hex_encode(input)).value() == input);
  if (auto id = Uuid::parse(input)) require(Uuid::parse(id->to_string()) == id);
  if (auto date = text::parse_http_date(input)) require(text::parse_http_date(text::format_http_date(*date)) == date);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  check_target(input);
  check_query(input);
  check_round_trips(input);
  require(text::valid_utf8_prefix(input) <= input.size());
  for (std::size_t from = 0; from < input.size() && from < 40; ++from) {
    const char* end = input.data() + input.size();
    require(http::find_control(input.data(), input.data() + from, end) ==
            http::find_control_by_loop(input.data() + from, end));
  }
  return 0;
}
