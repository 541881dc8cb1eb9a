#include <rondeau/http/body.h>

#include <string>

namespace rondeau::http {

namespace {

const Headers kNoTrailers;

}  // namespace

const Headers& BodySource::trailers() const noexcept {
  return kNoTrailers;
}

void BodySource::set_limit(std::uint64_t) {}

task::Task<Result<Bytes>> BodySource::read_all(std::size_t limit) {
  // Grows by what arrived, never by a length the peer announced.
  if (auto left = remaining(); left && *left > limit) co_return Error(Errc::TooLarge);
  RONDEAU_TRY(Bytes first, co_await next());
  if (first.size() > limit) co_return Error(Errc::TooLarge);
  if (first.empty()) co_return first;
  RONDEAU_TRY(Bytes second, co_await next());
  if (second.empty()) co_return first;
  std::string all(first.view());
  while (!second.empty()) {
    if (second.size() > limit - all.size()) co_return Error(Errc::TooLarge);
    all.append(second.view());
    RONDEAU_TRY(Bytes piece, co_await next());
    second = std::move(piece);
  }
  co_return Bytes(std::move(all));
}

StatusCode status_of_body_error(const Error& error) noexcept {
  switch (error.code()) {
    case Errc::TimedOut:
      return StatusCode::RequestTimeout;
    case Errc::TooLarge:
      return StatusCode::ContentTooLarge;
    default:
      return StatusCode::BadRequest;
  }
}

task::Task<Result<void>> Body::buffer(std::size_t limit) {
  if (is_buffered()) {
    if (view_.size() > limit) co_return Error(Errc::TooLarge);
    co_return Result<void>();
  }
  RONDEAU_TRY(Bytes whole, co_await source_->read_all(limit));
  bytes_ = std::move(whole);
  view_ = bytes_.view();
  drained_ = std::exchange(source_, nullptr);
  co_return Result<void>();
}

task::Task<Result<Bytes>> Body::next() {
  if (!is_buffered()) {
    if (limit_ && given_ > *limit_) co_return Error(Errc::TooLarge);
    Result<Bytes> piece = co_await source_->next();
    if (piece) given_ += piece->size();
    if (piece && limit_ && given_ > *limit_) co_return Error(Errc::TooLarge);
    co_return piece;
  }
  if (std::exchange(taken_, true)) co_return Bytes();
  co_return buffered_bytes();
}

bool Body::set_limit(std::uint64_t bytes) {
  limit_ = bytes;
  if (is_longer_than(bytes)) return false;
  if (!is_buffered()) source_->set_limit(bytes);
  return true;
}

bool Body::is_longer_than(std::uint64_t bytes) const noexcept {
  return (is_buffered() ? view_.size() : given_ + source_->remaining().value_or(0)) > bytes;
}

std::optional<std::uint64_t> Body::remaining() const noexcept {
  if (!is_buffered()) return source_->remaining();
  return taken_ ? 0 : view_.size();
}

const Headers& Body::trailers() const noexcept {
  if (source_) return source_->trailers();
  return drained_ ? drained_->trailers() : kNoTrailers;
}

}  // namespace rondeau::http
