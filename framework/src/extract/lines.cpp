#include <rondeau/extract/lines.h>

#include <algorithm>

#include <rondeau/json/read.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

#include "extract/media_type.h"

namespace rondeau::extract {

Result<std::string, Rejection> Lines::fail(http::StatusCode status, std::string_view why) {
  failed_.emplace().reject(status, why);
  return Unexpected{*failed_};
}

/// A whole line of what is here, or nothing.
std::optional<Result<std::string, Rejection>> Lines::take_line() {
  std::size_t end = buffer_.find('\n', std::max(at_, searched_));
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    // One byte more may be the CR of a line's end.
    if (searched_ - at_ > max_line_ + 1) return fail(http::StatusCode::ContentTooLarge, "a line is too long");
    if (!ended_ || at_ == buffer_.size()) return std::nullopt;
    end = buffer_.size();
  }
  std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
  if (end < buffer_.size() && line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  if (line.size() > max_line_) return fail(http::StatusCode::ContentTooLarge, "a line is too long");
  if (!text::is_utf8(line)) return fail(http::StatusCode::BadRequest, "a line is not UTF-8");
  Result<std::string, Rejection> taken{std::string(line)};
  at_ = std::min(end + 1, buffer_.size());
  searched_ = at_;
  return taken;
}

task::Task<std::optional<Result<std::string, Rejection>>> Lines::next() {
  while (true) {
    if (failed_) co_return Result<std::string, Rejection>(Unexpected{*failed_});
    if (auto line = take_line()) co_return line;
    if (ended_) co_return std::nullopt;
    const Result<Bytes> piece = co_await body_->next();
    if (!piece) {
      co_return fail(http::status_of_body_error(piece.error()), "the body did not arrive whole");
    }
    buffer_.erase(0, at_);
    searched_ -= at_;
    at_ = 0;
    ended_ = piece->empty();
    buffer_.append(piece->view());
  }
}

namespace {

bool is_blank(std::string_view line) noexcept {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Result<void, Rejection> read_line(const Lines& lines, std::string_view line, const reflect::Descriptor& type,
                                  void* value) {
  const http::Limits& limits = lines.limits();
  const json::ReadOptions options{.limits = {.depth = limits.max_json_depth, .errors = limits.max_listed_errors}};
  Result<void, json::Errors> read = json::read_value(line, type, value, options);
  if (read) return {};
  Rejection rejection;
  for (const json::ErrorEntry& entry : read.error().entries) {
    rejection.fields.push_back({"body", entry.pointer, entry.code, entry.message});
  }
  const std::string place = "line " + std::to_string(lines.number());
  if (read.error().malformed) {
    rejection.reject(http::StatusCode::BadRequest, place + " is not JSON");
  } else {
    rejection.reject(http::StatusCode::UnprocessableContent, place + " does not have the expected content");
  }
  return Unexpected{std::move(rejection)};
}

}  // namespace

task::Task<std::optional<Result<void, Rejection>>> next_json_line(Lines& lines, const reflect::Descriptor& type,
                                                                  void* value) {
  while (true) {
    std::optional<Result<std::string, Rejection>> line = co_await lines.next();
    if (!line) co_return std::nullopt;
    if (!*line) co_return Result<void, Rejection>(Unexpected{std::move(*line).error()});
    if (!is_blank(**line)) co_return read_line(lines, **line, type, value);
  }
}

void describe_json_lines(const reflect::Descriptor& type, schema::Operation& operation) {
  operation.request_body("application/x-ndjson", type);
  operation.problem(http::StatusCode::UnsupportedMediaType);
}

bool check_json_lines(const http::Request& request, Rejection& rejection) {
  const std::string_view type = media_type(request.header(http::HeaderName::ContentType).value_or(""));
  for (std::string_view known :
       {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"}) {
    if (text::equals_ignoring_case(type, known)) return true;
  }
  return rejection.reject(http::StatusCode::UnsupportedMediaType,
                          "the body's content type must be application/x-ndjson");
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<Lines>::extract(extract::Context& context, Lines* slot, Rejection&) {
  std::construct_at(slot, context.request().body(), context.request().limits());
  return true;
}

}  // namespace rondeau
