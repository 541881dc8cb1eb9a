// What a peer of HTTP/2 may send behind its preface: whatever it is, we answer in frames, and what is refused stays so.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http2/session.h"
#include "support/http2/frames.h"

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Answers as handlers would: at once or in pieces, reading the body or not, by the request's number.
void answer(http2::Session& session, http2::Stream& stream) {
  http::Response response = stream.id % 4 == 1 ? http::Response::text("hello") : http::Response(StatusCode::NoContent);
  const bool streams = stream.id % 8 == 7;
  if (streams) {
    response = http::Response::stream(
        [](http::BodyWriter&) -> task::Task<Result<void>> { co_return Result<void>(); }, "text/plain");
  }
  http2::AnswerFields fields;
  const http::AnswerContext context{stream.refusal ? http::Method::Get : stream.block.head.method,
                                    http::Version::Http2, true, {}, {}};
  require(static_cast<bool>(fields.fill(response, context)));
  session.answer(stream, response, fields);
  if (!streams) return;
  session.write(stream, Bytes::from_static("piece"));
  if (stream.id % 16 == 7) session.finish(stream, http::Headers());
}

void read(http2::Session& session, http2::Stream& stream) {
  if (stream.id % 4 == 3 || stream.in.pieces.empty()) return;
  const std::size_t size = stream.in.pieces.front().size();
  stream.in.pieces.pop_front();
  session.consumed(stream, size);
}

void play(std::string_view input, std::size_t step) {
  const http::Limits limits;
  Instant now = Instant::now();
  http2::Session session(limits, now);
  http2_test::Client client;
  http::OutputBuffer out;
  std::vector<std::shared_ptr<http2::Stream>> requests;
  const auto feed = [&](std::string_view bytes) {
    const bool was_over = session.over();
    session.receive(bytes, now);
    for (auto& request : session.take_requests()) {
      answer(session, *request);
      requests.push_back(std::move(request));
    }
    for (const auto& request : requests) read(session, *request);
    now = now + std::chrono::milliseconds(100);
    static_cast<void>(session.check_time(now, false));
    session.pull(out, std::string::npos, now);
    require(!was_over || out.empty());
    client.feed(out.view());
    out.clear();
  };
  feed(http2::kPreface);
  for (; !input.empty(); input.remove_prefix(std::min(step, input.size()))) feed(input.substr(0, step));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  play(input, size + 1);
  play(input, 13);
  return 0;
}
