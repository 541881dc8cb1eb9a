#include <rondeau/middleware/server_timing.h>

#include <charconv>
#include <chrono>

#include <rondeau/text/ascii.h>

namespace rondeau::middleware {
namespace {

void append(std::string& text, std::string_view name, base::Duration took) {
  const double milliseconds = std::chrono::duration<double, std::milli>(took).count();
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), milliseconds, std::chars_format::fixed, 1).ptr;
  text.append(text.empty() ? "" : ", ").append(name).append(";dur=").append(digits, end);
}

}  // namespace

void Timings::add(std::string_view name, base::Duration took) const {
  if (!text::is_token(name)) return;
  const std::lock_guard lock(shared_->mutex);
  append(shared_->text, name, took);
}

std::optional<http::Response> ServerTiming::before(http::Request& request) const {
  request.extensions().insert(Timings());
  return std::nullopt;
}

void ServerTiming::after(const http::Request& request, http::Response& response) const {
  const Timings* timings = request.extensions().get<Timings>();
  if (timings == nullptr) return;
  const std::lock_guard lock(timings->shared_->mutex);
  std::string text = timings->shared_->text;
  append(text, "total", timings->shared_->began.elapsed());
  static_cast<void>(response.headers().append(http::HeaderName::ServerTiming, text));  // tokens and digits
}

}  // namespace rondeau::middleware
