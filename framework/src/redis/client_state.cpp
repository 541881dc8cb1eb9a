#include "redis/client_state.h"

#include <utility>

#include <rondeau/runtime/handle.h>

namespace rondeau::redis {
namespace {

std::string unwatch() {
  CommandBytes bytes;
  encode_command(bytes, "UNWATCH");
  return std::string(bytes.view());
}

class SessionManager final : public connect::Manager<Session, Error> {
 public:
  explicit SessionManager(std::shared_ptr<const Options> options) noexcept : options_(std::move(options)) {}

  task::Task<Result<Session>> connect() override {
    auto connection = co_await establish(options_);
    if (!connection) co_return std::move(connection).error();
    co_return Session(*std::move(connection));
  }
  bool is_worth_retrying(const Error& error) const noexcept override { return error.kind() != ErrorKind::Auth; }

  connect::Recycle on_release(Session& session) noexcept override {
    if (session.in_exchange || session.changed || !session.connection.at_boundary()) return connect::Recycle::Close;
    return session.watches ? connect::Recycle::Clean : connect::Recycle::Keep;
  }
  task::Task<bool> recycle(Session& session) override {
    if (!co_await session.connection.send(unwatch())) co_return false;
    const auto reply = co_await session.connection.receive();
    session.watches = false;
    co_return reply && !reply->is_error();
  }

  io::Reader* reader(Session& session) noexcept override { return &session.connection.stream(); }
  bool on_idle_readable(Session& session) noexcept override {
    // Pushes are nobody's here; anything else was not asked for.
    while (true) {
      while (true) {
        auto reply = session.connection.next();
        if (!reply || (*reply && (*reply)->kind() != ValueKind::Push)) return false;
        if (!*reply) break;
      }
      auto filled = session.connection.try_fill();
      if (!filled) return false;
      if (!*filled) return true;
    }
  }

 private:
  std::shared_ptr<const Options> options_;
};

}  // namespace

Client::State::State(Options made) : options(std::make_shared<const Options>(std::move(made))) {
  const bool has_runtime = runtime::Handle::try_current().has_value();
  for (std::size_t i = 0; i < options->connections; ++i) {
    lines.push_back(std::make_shared<Line>(options));
    if (has_runtime) Line::start(lines.back());
  }
}

Client::State::~State() {
  for (const auto& line : lines) line->begin_close(true);
}

SessionPool Client::State::exclusives() {
  const std::lock_guard lock(mutex_);
  if (!exclusives_) {
    exclusives_.emplace(std::make_shared<SessionManager>(options),
                        connect::PoolOptions{.name = name_of(*options),
                                             .max = options->max_exclusive,
                                             .acquire_timeout = options->acquire_timeout});
  }
  return *exclusives_;
}

}  // namespace rondeau::redis
