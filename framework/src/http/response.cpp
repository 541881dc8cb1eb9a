#include <rondeau/http/response.h>

#include <algorithm>
#include <span>

#include <rondeau/fs/file.h>
#include <rondeau/http/cookie.h>
#include <rondeau/http/upgrade.h>

namespace rondeau::http {
namespace {

/// Much is not gained by more, and so much may be held by each slow reader.
constexpr std::size_t kReadAtOnce = 64 * 1024;

}  // namespace

task::Task<Result<void>> BodyWriter::write_file(const fs::File& file, std::uint64_t offset, std::uint64_t length) {
  while (length > 0) {
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(length, kReadAtOnce)), '\0');
    RONDEAU_TRY(const std::size_t count, co_await file.read_at(std::as_writable_bytes(std::span(piece)), offset));
    if (count == 0) co_return Error(Errc::InvalidData, "the file became shorter while it was sent");
    piece.resize(count);
    RONDEAU_TRY_VOID(co_await write(base::Bytes(std::move(piece))));
    offset += count;
    length -= count;
  }
  co_return Result<void>();
}

task::Task<Result<void>> BodyProducer::produce_part(BodyWriter&, std::uint64_t, std::uint64_t) {
  co_return Error(Errc::Unsupported, "a part of a body that cannot be sought in");
}

Bytes ResponseBody::take_bytes() {
  RONDEAU_ASSERT(kind_ != Kind::Stream);
  Bytes taken = kind_ == Kind::Text ? base::Bytes(std::move(text_)) : std::move(bytes_);
  *this = ResponseBody();
  return taken;
}

namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kJson = "application/json";

}  // namespace

Response Response::text(std::string body, StatusCode status) {
  return Response(status, ResponseBody(std::move(body)), kPlain);
}
Response Response::static_text(std::string_view body, StatusCode status) {
  return Response(status, ResponseBody(base::Bytes::from_static(body)), kPlain);
}
Response Response::html(std::string body, StatusCode status) {
  return Response(status, ResponseBody(std::move(body)), kHtml);
}
Response Response::json_text(std::string body, StatusCode status) {
  return Response(status, ResponseBody(std::move(body)), kJson);
}
Response Response::bytes(Bytes body, std::string_view content_type, StatusCode status) {
  return Response(status, ResponseBody(std::move(body)), content_type);
}

Response Response::redirect(std::string_view location, StatusCode status) {
  return Response(status).header(HeaderName::Location, location);
}

void DeleteUpgrade::operator()(Upgrade* upgrade) const noexcept {
  delete upgrade;
}

Response Response::upgrade(std::string_view protocol, UpgradePtr upgrade) {
  Response response(StatusCode::SwitchingProtocols);
  response.header(HeaderName::Upgrade, protocol);
  response.headers_.set_static(HeaderName::Connection, "Upgrade");
  response.upgrade_ = std::move(upgrade);
  return response;
}

Response& Response::header(HeaderName name, std::string_view value) & {
  if (auto set = headers_.set(name, value); !set) fault_ = std::move(set).error();
  return *this;
}
Response& Response::header(std::string_view name, std::string_view value) & {
  if (auto set = headers_.set(name, value); !set) fault_ = std::move(set).error();
  return *this;
}

Response& Response::add_cookie(const SetCookie& cookie) & {
  Result<std::string> text = cookie.to_string();
  Result<void> added = text ? headers_.append(HeaderName::SetCookie, *text) : Result<void>(std::move(text).error());
  if (!added) fault_ = std::move(added).error();
  return *this;
}

Response& Response::explain(std::string why) & {
  extras().explanation = std::move(why);
  return *this;
}

Response::Extras& Response::extras() {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>();
  return *extras_;
}

const Headers& Response::trailers() const noexcept {
  static const Headers none;
  return extras_ != nullptr ? extras_->trailers : none;
}

namespace {

class TaskAfter final : public AfterWork {
 public:
  explicit TaskAfter(task::Task<void> work) noexcept : work_(std::move(work)) {}
  ~TaskAfter() override { task::discard(std::move(work_)); }  // of an answer that was replaced by another
  task::Task<void> run() override { return std::move(work_); }

 private:
  task::Task<void> work_;
};

}  // namespace

Response& Response::after(task::Task<void> work) & {
  extras().after.push_back(std::make_unique<TaskAfter>(std::move(work)));
  return *this;
}

std::vector<std::unique_ptr<AfterWork>> Response::take_after() {
  if (extras_ == nullptr) return {};
  return std::exchange(extras_->after, {});
}

}  // namespace rondeau::http
