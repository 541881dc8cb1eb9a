// Keeping what a running service is asked.
#include <array>
#include <cstdio>
#include <utility>

#include <rondeau/fs/files.h>
#include <rondeau/observe/log.h>
#include <rondeau/observe/redact.h>
#include <rondeau/testing/recording.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

namespace rondeau::testing {
namespace {

/// Fields of the connection, and those that whoever repeats it makes anew.
bool is_of_the_connection(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"connection", "content-length",    "date",   "expect", "host",
                                                      "keep-alive", "transfer-encoding", "upgrade"};
  for (const std::string_view one : kNames) {
    if (text::equals_ignoring_case(name, one)) return true;
  }
  return false;
}

template <class H>
std::vector<RecordedField> fields_of(const H& headers) {
  std::vector<RecordedField> all;
  for (const http::HeaderField field : headers) {
    if (is_of_the_connection(field.name) || observe::is_sensitive(field.name) || !text::is_utf8(field.value)) continue;
    all.push_back({std::string(field.name), std::string(field.value)});
  }
  return all;
}

std::string file_name(std::size_t number) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%06zu.json", number);
  return {text.data(), static_cast<std::size_t>(length)};
}

task::Task<Result<void>> keep(std::string folder, std::size_t number, std::string content) {
  RONDEAU_TRY_VOID(co_await fs::create_dir_all(folder));
  co_return co_await fs::write_atomic(folder + "/" + file_name(number), content + "\n");
}

}  // namespace

struct Recorder::Inside {
  RecorderOptions options;
  std::atomic<std::size_t> kept{0};  ///< relaxed: a number each is all that is asked of it
};

Recorder::Recorder(RecorderOptions options) : inside_(std::make_shared<Inside>(std::move(options))) {}

task::Task<http::Response> Recorder::operator()(http::Request request, handler::Next next) const {
  const std::shared_ptr<Inside> inside = inside_;
  const std::optional<std::uint64_t> length = request.body().remaining();
  const bool fits = request.body().is_buffered() || (length && *length <= inside->options.max_body);
  // Who asks for the body next meets the same error.
  if (!fits || inside->kept.load(std::memory_order_relaxed) >= inside->options.most ||
      !co_await request.body().buffer(inside->options.max_body)) {
    co_return co_await next(std::move(request));
  }
  Recording recording;
  recording.method = http::to_string(request.method());
  recording.target = request.target();
  recording.fields = fields_of(request.headers());
  recording.body = request.body().buffered();
  http::Response response = co_await next(std::move(request));
  recording.status = static_cast<std::uint16_t>(http::code(response.status()));
  recording.answer_fields = fields_of(response.headers());
  const bool is_seen = recording.method != "HEAD" && !response.is_upgrade() && !response.body().is_stream();
  if (is_seen) recording.answer = response.body().view();
  const std::size_t number = inside->kept.fetch_add(1, std::memory_order_relaxed) + 1;
  if (number <= inside->options.most) {
    const Result<void> kept = co_await keep(inside->options.folder, number, recording.to_json());
    if (!kept) log::warn("cannot keep a request", {{"error", kept.error().message()}});
  }
  co_return response;
}

}  // namespace rondeau::testing
