#include "extract/multipart_parser.h"

#include <algorithm>

#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

#include "extract/media_type.h"

namespace rondeau::extract {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// bchars (RFC 2046 §5.1.1).
bool is_boundary_char(char c) noexcept {
  return text::is_alpha(c) || text::is_digit(c) || std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  std::optional<std::string> boundary;
  Parameters parameters(content_type);
  while (parameters.next()) {
    if (!text::equals_ignoring_case(parameters.name, "boundary")) continue;
    if (boundary) return std::nullopt;
    boundary = parameters.value;
  }
  if (parameters.malformed || !boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
  if (boundary->ends_with(' ') || !std::ranges::all_of(*boundary, is_boundary_char)) return std::nullopt;
  return boundary;
}

std::string_view last_component(std::string_view filename) noexcept {
  const std::size_t divider = filename.find_last_of("/\\");
  if (divider != filename.npos) filename.remove_prefix(divider + 1);
  return filename == "." || filename == ".." ? std::string_view() : filename;
}

MultipartParser::MultipartParser(std::string_view boundary, const http::Limits& limits)
    : limits_(limits), delimiter_("\r\n--") {
  delimiter_.append(boundary);
}

void MultipartParser::feed(std::string_view bytes) {
  piece_ = {};
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
}

MultipartParser::Event MultipartParser::next() {
  switch (state_) {
    case State::Start:
      return read_start();
    case State::Delimiter:
      return read_delimiter_end();
    case State::Head:
      return read_head();
    case State::Content:
      return read_content();
    case State::Closed:
      return read_closed();
    case State::End:
      return Event::End;
    case State::Failed:
      break;
  }
  return Event::Failed;
}

MultipartParser::Event MultipartParser::need_input() {
  return finished_ ? fail("the form ends before its final delimiter") : Event::NeedInput;
}

MultipartParser::Event MultipartParser::fail(std::string_view reason, http::StatusCode status) {
  state_ = State::Failed;
  reason_ = reason;
  status_ = status;
  piece_ = {};
  return Event::Failed;
}

MultipartParser::Event MultipartParser::read_start() {
  // The first delimiter has no line in front that would have to end.
  const std::string_view first = std::string_view(delimiter_).substr(kLineEnd.size());
  const std::string_view here = unread();
  if (!first.starts_with(here.substr(0, first.size()))) return fail("the form does not begin with its delimiter");
  if (here.size() < first.size()) return need_input();
  at_ += first.size();
  state_ = State::Delimiter;
  return next();
}

MultipartParser::Event MultipartParser::read_delimiter_end() {
  if (in_part_) {
    in_part_ = false;
    return Event::PartEnds;
  }
  const std::string_view end = unread().substr(0, 2);
  if (end.size() < 2) {
    const bool may_become_one = end.empty() || end == "\r" || end == "-";
    return may_become_one ? need_input() : fail("a delimiter has something behind it");
  }
  if (end != kLineEnd && end != "--") return fail("a delimiter has something behind it");
  at_ += 2;
  if (end == "--") {
    state_ = State::Closed;
    return next();
  }
  if (++parts_ > limits_.max_parts) return fail("the form has too many parts", http::StatusCode::ContentTooLarge);
  state_ = State::Head;
  searched_ = 0;
  return next();
}

MultipartParser::Event MultipartParser::read_head() {
  const std::string_view here = unread();
  if (here.starts_with(kLineEnd)) return fail("a part has no head");
  const std::size_t end = here.find(kHeadEnd, searched_);
  // Without an end in sight, the last bytes may be three of the four that end it.
  const std::size_t least = end != here.npos ? end : here.size() - std::min(here.size(), kHeadEnd.size() - 1);
  if (least > limits_.max_part_head) return fail("the head of a part is too long");
  if (end == here.npos) {
    searched_ = here.size() - std::min(here.size(), kHeadEnd.size() - 1);
    return need_input();
  }
  if (const std::string_view reason = parse_head(here.substr(0, end)); !reason.empty()) return fail(reason);
  at_ += end + kHeadEnd.size();
  state_ = State::Content;
  in_part_ = true;
  return Event::PartBegins;
}

MultipartParser::Event MultipartParser::read_content() {
  const std::string_view here = unread();
  const std::size_t found = here.find(delimiter_);
  std::size_t length = std::min(found, here.size());
  if (found == here.npos) {
    // A delimiter has one CR, its first byte: only from the last CR on may one have begun.
    const std::size_t last = here.rfind('\r');
    if (last != here.npos && delimiter_.starts_with(here.substr(last))) length = last;
  }
  piece_ = here.substr(0, length);
  at_ += length;
  if (!piece_.empty()) return Event::Piece;
  if (found == here.npos) return need_input();
  at_ += delimiter_.size();
  state_ = State::Delimiter;
  return next();
}

MultipartParser::Event MultipartParser::read_closed() {
  const std::string_view here = unread();
  if (!kLineEnd.starts_with(here)) return fail("the form goes on behind its final delimiter");
  if (!finished_) return Event::NeedInput;
  if (here.size() == 1) return fail("the form goes on behind its final delimiter");
  state_ = State::End;
  return Event::End;
}

std::string_view MultipartParser::parse_head(std::string_view lines) {
  head_ = {};
  std::size_t count = 0;
  while (!lines.empty()) {
    if (++count > limits_.max_part_fields) return "the head of a part has too many fields";
    const std::size_t end = std::min(lines.find(kLineEnd), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + kLineEnd.size(), lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !head_.headers.append(line.substr(0, colon), text::trim(line.substr(colon + 1)))) {
      return "the head of a part has a malformed field";
    }
  }
  const http::Headers& headers = head_.headers;
  if (headers.count("content-disposition") != 1) return "a part has no Content-Disposition, or more than one";
  if (headers.count("content-type") > 1) return "a part has more than one Content-Type";
  const std::string_view type = media_type(headers.get("content-type").value_or(""));
  if (text::equals_ignoring_case(type.substr(0, type.find('/')), "multipart")) return "a part is itself in parts";
  for (const http::HeaderField& field : headers) {
    // RFC 7578 §4.7 deprecates it; what would have to be decoded is not passed off as content.
    if (!text::equals_ignoring_case(field.name, "content-transfer-encoding")) continue;
    const std::string_view coding = field.value;
    if (!text::equals_ignoring_case(coding, "binary") && !text::equals_ignoring_case(coding, "8bit") &&
        !text::equals_ignoring_case(coding, "7bit")) {
      return "a part has a Content-Transfer-Encoding";
    }
  }
  return parse_disposition(*headers.get("content-disposition"));
}

std::string_view MultipartParser::parse_disposition(std::string_view value) {
  if (!text::equals_ignoring_case(media_type(value), "form-data")) return "a part's disposition is not form-data";
  bool has_name = false;
  Parameters parameters(value);
  while (parameters.next()) {
    const std::string_view name = parameters.name;
    if (text::equals_ignoring_case(name, "name")) {
      if (has_name) return "a part has more than one name";
      has_name = true;
      head_.name = std::move(parameters.value);
    } else if (text::equals_ignoring_case(name, "filename")) {
      if (head_.filename) return "a part has more than one filename";
      head_.filename = std::string(last_component(parameters.value));
    } else if (text::equals_ignoring_case(name, "name*") || text::equals_ignoring_case(name, "filename*")) {
      return "a part has a name in the extended form, which RFC 7578 forbids";
    }
  }
  if (parameters.malformed) return "a part's Content-Disposition is malformed";
  if (head_.name.empty()) return "a part has no name";
  if (!text::is_utf8(head_.name) || (head_.filename && !text::is_utf8(*head_.filename))) {
    return "a part's name is not UTF-8";
  }
  return {};
}

}  // namespace rondeau::extract
