#include <rondeau/postgres/database.h>

#include <utility>

#include <rondeau/time/timeout.h>

#include "postgres/backend.h"
#include "postgres/errors.h"
#include "postgres/listening.h"

namespace rondeau::postgres {
namespace {

/// The server's own limit, NOTIFY_PAYLOAD_MAX_LENGTH, counts the zero at the end.
constexpr std::size_t kPayload = 7999;

Task<Result<Slot, sql::Error>> connection_for_copy(std::shared_ptr<Backend> backend) {
  RONDEAU_TRY(Slot slot, co_await backend->take(backend->deadline_for(std::nullopt)));
  RONDEAU_TRY_VOID(co_await (**slot).allow(std::nullopt, Scope::Alone));
  co_return slot;
}

Task<Result<std::int64_t, sql::Error>> copy_from(std::shared_ptr<Backend> backend, std::string text, Pieces source) {
  RONDEAU_TRY(Slot slot, co_await connection_for_copy(backend));
  Connection& connection = **slot;
  RONDEAU_TRY_VOID(co_await connection.begin_copy(std::move(text), PGRES_COPY_IN));
  while (auto piece = co_await source.next()) {
    connection.set_deadline(backend->deadline_for(std::nullopt));
    if (!*piece) {
      // Whatever the server says to that: the source's error is the reason.
      static_cast<void>(co_await connection.end_copy("the source failed"));
      co_return std::move(*piece).error();
    }
    RONDEAU_TRY_VOID(co_await connection.put_copy(**std::move(piece)));
  }
  connection.set_deadline(backend->deadline_for(std::nullopt));
  co_return co_await connection.end_copy(std::nullopt);
}

Pieces one_piece(std::string bytes) { co_yield std::move(bytes); }

Pieces copy_to(std::shared_ptr<Backend> backend, std::string text) {
  auto slot = co_await connection_for_copy(backend);
  if (!slot) {
    co_yield Unexpected{std::move(slot).error()};
    co_return;
  }
  Connection& connection = ***slot;
  if (auto begun = co_await connection.begin_copy(std::move(text), PGRES_COPY_OUT); !begun) {
    co_yield Unexpected{std::move(begun).error()};
    co_return;
  }
  while (true) {
    connection.set_deadline(backend->deadline_for(std::nullopt));
    auto piece = co_await connection.next_copy();
    if (!piece) {
      co_yield Unexpected{std::move(piece).error()};
      co_return;
    }
    if (piece->empty()) break;
    co_yield *std::move(piece);
  }
  if (auto ended = co_await connection.finish_copy(); !ended) co_yield Unexpected{std::move(ended).error()};
}

Task<Result<void, sql::Error>> tell(std::shared_ptr<Backend> backend, std::string channel, std::string payload) {
  if (payload.size() > kPayload) {
    co_return sql::Error(sql::ErrorKind::Encode, {.message = "notify: encode: the payload has more than 7999 bytes",
                                                   .phase = sql::Phase::Statement});
  }
  sql::Statement statement{.text = sql::StatementText("select pg_notify($1, $2)"), .parameters = {}};
  statement.parameters.push_back({.type = sql::Type::Text, .element = sql::Type::Null, .data = std::move(channel)});
  statement.parameters.push_back({.type = sql::Type::Text, .element = sql::Type::Null, .data = std::move(payload)});
  RONDEAU_TRY_VOID(co_await backend->run(std::move(statement)));
  co_return {};
}

}  // namespace

Database::Database(std::shared_ptr<Backend> backend) : sql::Database(backend), own_(std::move(backend)) {}

Task<Result<std::int64_t, sql::Error>> Database::copy_in(sql::Text<> text, Pieces source) const {
  return copy_from(own(), std::string(text.statement().view()), std::move(source));
}

Task<Result<std::int64_t, sql::Error>> Database::copy_in(sql::Text<> text, std::string rows) const {
  return copy_from(own(), std::string(text.statement().view()), one_piece(std::move(rows)));
}

Pieces Database::copy_out(sql::Text<> text) const {
  return copy_to(own(), std::string(text.statement().view()));
}

Listener Database::listen(std::vector<std::string> channels, ListenOptions options) const {
  return Listener(start_listening(own()->settings(), std::move(channels), options));
}

Task<Result<void, sql::Error>> Database::notify(std::string channel, std::string payload) const {
  return tell(own(), std::move(channel), std::move(payload));
}

Result<Database, sql::Error> open_lazy(const std::string& url, Options options) {
  RONDEAU_TRY_PLAIN(Settings settings, Settings::make(url, std::move(options)));
  return Database(std::make_shared<Backend>(std::make_shared<const Settings>(std::move(settings))));
}

Task<Result<Database, sql::Error>> open(std::string url, Options options) {
  RONDEAU_TRY(Settings settings, Settings::make(url, std::move(options)));
  auto backend = std::make_shared<Backend>(std::make_shared<const Settings>(std::move(settings)));
  auto slot = co_await backend->take(deadline_after(backend->settings()->options().acquire_timeout));
  if (!slot) {
    const sql::Error* cause = slot.error().cause();
    if (slot.error().kind() == sql::ErrorKind::PoolTimeout && cause != nullptr) co_return cause->at(sql::Phase::Open);
    co_return slot.error().at(sql::Phase::Open);
  }
  co_return Database(std::move(backend));
}

void append_copy_field(std::string& row, const std::string* field) {
  if (field == nullptr) {
    row += "\\N";
    return;
  }
  for (const char c : *field) {
    switch (c) {
      case '\\': row += "\\\\"; break;
      case '\t': row += "\\t"; break;
      case '\n': row += "\\n"; break;
      case '\r': row += "\\r"; break;
      default: row.push_back(c);
    }
  }
}

}  // namespace rondeau::postgres
