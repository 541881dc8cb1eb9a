#include "http2/answer.h"

#include <exception>
#include <utility>

#include <rondeau/response/unhandled.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "http2/answer_fields.h"
#include "http2/body_reader.h"
#include "http2/body_writer.h"
#include "http2/tunnel.h"
#include "server/in_flight.h"
#include "server/refusals.h"

namespace rondeau::http2 {
namespace {

http::Response refuse(Connection& connection, Stream& stream, http::StatusCode status, std::string_view reason,
                      bool head_is_bad = false) {
  return server::refuse(connection.server(), connection.peer(), head_is_bad ? nullptr : &stream.block, status, reason);
}

/// The request's block, but for its head, which the session has made.
void fill_block(Connection& connection, Stream& stream) {
  http::RequestBlock& block = stream.block;
  connection.owner().describe(block);
  if (block.secure) connection.owner().describe_secure(block);
  block.limits = &connection.limits();
  block.show_details = connection.server().show_details;
  block.drain = connection.server().drain;
  block.host = &connection.server();
  auto reader = std::make_unique<BodyReader>(connection, stream);
  block.body = reader->body();
  block.informer = reader.get();
  stream.source = std::move(reader);
}

/// Hands the answer's head to the session, and its body unless that is a stream. Returns how the body is to be sent.
http::EncodedHead send_head(Connection& connection, Stream& stream, http::Response& response) {
  stream.block.informer = nullptr;
  stream.after = std::make_unique<server::AfterAnswer>(connection.server(), response);
  if (asks_for_tunnel(stream)) answer_tunnel(connection, stream, response);
  // A body that broke off cannot be answered by the handler, which did not know.
  const auto [failure, refusal] =
      connection.look([&](Session&) { return std::pair(stream.in.failure, stream.in.refusal); });
  if (failure == Incoming::Failure::Refused) {
    response = refuse(connection, stream, refusal.status, to_string(refusal.reason));
  } else if (failure == Incoming::Failure::TooSlow) {
    response = refuse(connection, stream, http::StatusCode::RequestTimeout, "body-too-slow");
  }
  if (response.is_upgrade()) response = response::unhandled_response(http::Request(stream.block));  // it asked for none
  const http::AnswerContext context{stream.block.head.method, http::Version::Http2, true, http::http_date_now(),
                                    connection.server().name};
  AnswerFields fields;
  if (const Result<void> filled = fields.fill(response, context); !filled) {
    response = server::replace_faulty(http::Request(stream.block), filled.error());
    static_cast<void>(fields.fill(response, context));
  }
  connection.change([&](Session& session) { session.answer(stream, response, fields); });
  return fields.head();
}

bool is_streamed(http::BodyMode mode) noexcept {
  return mode == http::BodyMode::Counted || mode == http::BodyMode::Chunked;
}

task::Task<void> send_stream(Connection& connection, Stream& stream, http::Response& response,
                             http::EncodedHead head) {
  const std::unique_ptr<http::BodyProducer> producer = response.body().take_producer();
  BodyWriter writer(connection, stream, head);
  if (response.has_trailers()) writer.trailers() = std::move(response.trailers());
  bool complete = false;
  try {
    const Result<void> produced = co_await producer->produce(writer);
    complete = produced && writer.is_complete();
    if (!complete && !connection.look([&](Session&) { return stream.closed; })) {
      server::tell_broken(connection.server(), stream.block, produced ? "its body ended early" : produced.error().message());
    }
  } catch (...) {
    response::print_unhandled(http::Request(stream.block), response::describe_exception(std::current_exception()));
  }
  connection.change([&](Session& session) {
    // The peer has to see that something is missing.
    complete ? session.finish(stream, std::move(writer.trailers())) : session.reset(stream, NGHTTP2_INTERNAL_ERROR);
  });
}

/// The handler's answer, or the one in place of a handler that takes too long: its time begins anew with every piece of
/// the body, as that may be why it takes so long.
task::Task<http::Response> wait_for(Connection& connection, Stream& stream, handler::ResponseFuture answer) {
  const server::CountedInFlight counted(connection.server(), stream.counted_in_flight);
  try {
    task::Task<http::Response> handler = std::move(answer).into_task();
    const Duration limit = stream.block.route.handler_limit.value_or(connection.limits().handler);
    for (;;) {
      const Instant deadline = stream.reading_since + limit;
      auto won = co_await task::select(handler, time::sleep_until(deadline)).biased();
      if (won.index() == 0) co_return std::move(won).template get<0>();
      if (stream.reading_since + limit > Instant::now()) continue;
      co_await task::cancel(handler);
      co_return refuse(connection, stream, http::StatusCode::ServiceUnavailable,
                       "the handler did not answer in time");
    }
  } catch (...) {
    co_return server::caught(http::Request(stream.block));
  }
}

/// Counts a task as long as it runs: one that is aborted before that never does.
class RunningTask {
 public:
  RunningTask(Connection& connection, Stream& stream) : connection_(connection), stream_(stream) {
    connection_.look([&](Session& session) { session.task_began(stream_); });
  }
  RunningTask(const RunningTask&) = delete;
  RunningTask& operator=(const RunningTask&) = delete;
  ~RunningTask() {
    connection_.change([&](Session& session) { session.task_ended(stream_); });
  }

 private:
  Connection& connection_;
  Stream& stream_;
};

task::Task<void> answer_later(Connection& connection, std::shared_ptr<Stream> stream, handler::ResponseFuture answer) {
  const RunningTask running(connection, *stream);
  http::Response response = answer.is_ready() ? answer.take()
                                              : co_await wait_for(connection, *stream, std::move(answer));
  const http::EncodedHead head = send_head(connection, *stream, response);
  if (is_streamed(head.mode)) co_await send_stream(connection, *stream, response, head);
}

handler::ResponseFuture call(Connection& connection, Stream& stream) {
  server::Shared& server = connection.server();
  if (!connection.owner().answers_for(http::Request(stream.block).authority())) {
    return handler::ResponseFuture(
        refuse(connection, stream, http::StatusCode::MisdirectedRequest, "not-the-host-of-this-connection"));
  }
  try {
    handler::ResponseFuture answer = server.dispatcher->handle(http::Request(stream.block));
    // Who answers at once is served in any case; who is going to wait has not begun.
    if (answer.is_ready() || server.in_flight.load(std::memory_order_relaxed) < server.max_in_flight) return answer;
    discard(std::move(answer).into_task());
    http::Response overloaded = refuse(connection, stream, http::StatusCode::ServiceUnavailable, "overloaded");
    overloaded.header(http::HeaderName::RetryAfter, "1");
    return handler::ResponseFuture(std::move(overloaded));
  } catch (...) {
    return handler::ResponseFuture(server::caught(http::Request(stream.block)));
  }
}

}  // namespace

void begin_answer(Connection& connection, task::TaskScope& scope, const std::shared_ptr<Stream>& stream) {
  // Its request and its end may have come in one piece.
  if (connection.look([&](Session&) { return stream->closed; })) return;
  if (stream->refusal) {
    http::Response refusal =
        refuse(connection, *stream, stream->refusal.status, to_string(stream->refusal.reason), true);
    send_head(connection, *stream, refusal);
    return;
  }
  fill_block(connection, *stream);
  stream->began = stream->reading_since = Instant::now();
  handler::ResponseFuture answer = call(connection, *stream);
  if (answer.is_ready() && !answer.response().body().is_stream() && !asks_for_tunnel(*stream)) {
    send_head(connection, *stream, answer.response());
    return;
  }
  // Under the lock, since the task may be over before its handle is here.
  connection.look([&](Session&) {
    auto handle = scope.spawn([&connection, stream, waiting = std::move(answer)]() mutable {
      return answer_later(connection, std::move(stream), std::move(waiting));
    });
    stream->task = handle.abort_handle();
    handle.detach();
  });
}

}  // namespace rondeau::http2
