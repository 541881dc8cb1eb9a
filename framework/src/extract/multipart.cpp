#include <rondeau/extract/multipart.h>

#include <rondeau/base/assert.h>
#include <rondeau/http/request.h>
#include <rondeau/text/utf8.h>

#include "extract/media_type.h"
#include "extract/multipart_parser.h"

namespace rondeau::extract {

/// Moves the body's bytes into the parser. Its state changes only between two waits, so a wait may be cut.
class MultipartReader {
 public:
  using Event = MultipartParser::Event;

  MultipartReader(http::Body& body, std::string_view boundary, const http::Limits& limits)
      : body_(body), limits_(limits), parser_(boundary, limits), max_total_(body.limit().value_or(limits.max_multipart)) {}

  /// What comes next in the form, once it is here.
  task::Task<Result<Event, Rejection>> next_event() {
    while (true) {
      const Event event = failed_ ? Event::Failed : parser_.next();
      if (event == Event::PartBegins) ++number_;
      if (event == Event::Failed && !failed_) fail(parser_.status(), parser_.reason());
      if (event == Event::Failed) co_return Unexpected{*failed_};
      if (event != Event::NeedInput) {
        in_part_ = event == Event::PartBegins || event == Event::Piece;
        co_return event;
      }
      Result<Bytes> piece = co_await body_.next();
      take(piece);
    }
  }

  MultipartParser& parser() noexcept { return parser_; }
  const http::Limits& limits() const noexcept { return limits_; }
  /// Of the part that was begun last.
  std::size_t number() const noexcept { return number_; }
  bool in_part() const noexcept { return in_part_; }
  void set_max_total(std::uint64_t bytes) noexcept { max_total_ = bytes; }

 private:
  void take(const Result<Bytes>& piece) {
    if (!piece) return fail(http::status_of_body_error(piece.error()), "the form did not arrive whole");
    if (piece->empty()) return parser_.finish();
    total_ += piece->size();
    if (total_ > max_total_) return fail(http::StatusCode::ContentTooLarge, "the form is too large");
    parser_.feed(piece->view());
  }
  void fail(http::StatusCode status, std::string_view reason) { failed_.emplace().reject(status, reason); }

  http::Body& body_;
  const http::Limits& limits_;
  MultipartParser parser_;
  std::uint64_t max_total_;
  std::uint64_t total_ = 0;
  std::size_t number_ = 0;
  bool in_part_ = false;
  std::optional<Rejection> failed_;
};

namespace {

using Event = MultipartParser::Event;

Rejection rejected(http::StatusCode status, std::string_view why) {
  Rejection rejection;
  rejection.reject(status, why);
  return rejection;
}

task::Task<std::optional<Result<Part, Rejection>>> next_part(std::shared_ptr<MultipartReader> reader) {
  while (true) {
    const Result<Event, Rejection> event = co_await reader->next_event();
    if (!event) co_return Result<Part, Rejection>(Unexpected{event.error()});
    if (*event == Event::End) co_return std::nullopt;
    if (*event != Event::PartBegins) continue;
    PartHead& head = reader->parser().head();
    co_return Result<Part, Rejection>(
        Part(reader, reader->number(), std::move(head.name), std::move(head.filename), std::move(head.headers)));
  }
}

task::Task<Result<Bytes, Rejection>> next_piece(std::shared_ptr<MultipartReader> reader, std::size_t number) {
  RONDEAU_ASSERT(number == reader->number());  // the form was not asked for its next part
  if (!reader->in_part()) co_return Bytes();
  const Result<Event, Rejection> event = co_await reader->next_event();
  if (!event) co_return Unexpected{event.error()};
  co_return *event == Event::Piece ? Bytes::copy_of(reader->parser().piece()) : Bytes();
}

task::Task<Result<std::string, Rejection>> read_part(std::shared_ptr<MultipartReader> reader, std::size_t number,
                                                     std::size_t limit) {
  std::string all;
  while (true) {
    const Result<Bytes, Rejection> piece = co_await next_piece(reader, number);
    if (!piece) co_return Unexpected{piece.error()};
    if (piece->empty()) co_return all;
    if (piece->size() > limit - all.size()) {
      co_return Unexpected{rejected(http::StatusCode::ContentTooLarge, "a part of the form is too large")};
    }
    all.append(piece->view());
  }
}

task::Task<Result<std::string, Rejection>> read_text(std::shared_ptr<MultipartReader> reader, std::size_t number) {
  Result<std::string, Rejection> all = co_await read_part(reader, number, reader->limits().max_part_text);
  if (all && !text::is_utf8(*all)) {
    co_return Unexpected{rejected(http::StatusCode::BadRequest, "a part of the form is not UTF-8")};
  }
  co_return all;
}

}  // namespace

std::string_view Part::content_type() const noexcept {
  return headers_.get(http::HeaderName::ContentType).value_or("text/plain");
}

task::Task<Result<Bytes, Rejection>> Part::next() {
  return next_piece(reader_, number_);
}
task::Task<Result<std::string, Rejection>> Part::read_all(std::size_t limit) {
  return read_part(reader_, number_, limit);
}
task::Task<Result<std::string, Rejection>> Part::text() {
  return read_text(reader_, number_);
}

void Multipart::set_max_total(std::uint64_t bytes) noexcept {
  reader_->set_max_total(bytes);
}

task::Task<std::optional<Result<Part, Rejection>>> Multipart::next() {
  return next_part(reader_);
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<Multipart>::extract(extract::Context& context, Multipart* slot, Rejection& rejection) {
  http::Request& request = context.request();
  const std::optional<std::string_view> content_type = request.header(http::HeaderName::ContentType);
  if (!content_type || !text::equals_ignoring_case(extract::media_type(*content_type), "multipart/form-data")) {
    return rejection.reject(http::StatusCode::UnsupportedMediaType,
                            "the body's content type must be multipart/form-data");
  }
  const std::optional<std::string> boundary = extract::boundary_of(*content_type);
  if (!boundary || request.headers().count(http::HeaderName::ContentType) > 1) {
    return rejection.reject(http::StatusCode::BadRequest, "the content type does not name one legal boundary");
  }
  std::construct_at(slot, std::make_shared<extract::MultipartReader>(request.body(), *boundary, request.limits()));
  return true;
}

void Extract<Multipart>::describe(schema::Operation& operation) {
  operation.request_body("multipart/form-data");
  operation.problem(http::StatusCode::BadRequest);
  operation.problem(http::StatusCode::ContentTooLarge);
  operation.problem(http::StatusCode::UnsupportedMediaType);
}

}  // namespace rondeau
