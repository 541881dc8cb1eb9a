#include "postgres/wire.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include <rondeau/task/blocking.h>

namespace rondeau::postgres {
namespace {

/// So many notices are kept until somebody takes them; a server may send any number.
constexpr std::size_t kNotices = 100;
/// So much of a pipeline is sent at once; less waits for what follows it.
constexpr std::size_t kPiece = 16 * 1024;

WireError not_run(const task::JoinError& error) {
  if (error.is_overloaded()) return {WireError::Kind::Overloaded, "no thread is free for connecting"};
  return {WireError::Kind::Lost, "the runtime ends"};
}

bool is_sqlstate(std::string_view text) noexcept {
  if (text.size() != 5) return false;
  for (const char c : text) {
    if ((c < '0' || c > '9') && (c < 'A' || c > 'Z')) return false;
  }
  return true;
}

/// "…: FATAL:  28P01: password …\nLOCATION:  auth_failed, auth.c:330\n", as PQERRORS_VERBOSE has it, without code and place.
void split_verbose(std::string& text, std::string& sqlstate) {
  constexpr std::string_view kLocation = "\nLOCATION:  ";
  while (text.find(kLocation) != std::string::npos) {
    const std::size_t at = text.find(kLocation);
    const std::size_t end = text.find('\n', at + 1);
    text.erase(at, end == std::string::npos ? end : end - at);
  }
  for (std::size_t at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 1)) {
    const std::string_view code = std::string_view(text).substr(at + 3, 5);
    if (!is_sqlstate(code) || text.compare(at + 8, 2, ": ") != 0) continue;
    sqlstate = code;
    text.erase(at + 3, 7);
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
}

std::string field(const PGresult* result, int which) {
  const char* text = PQresultErrorField(result, which);
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

Wire::Polled Wire::start(const Parameters& parameters) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Connection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (connection == nullptr || PQstatus(connection.get()) == CONNECTION_BAD) {
    return {std::move(connection), PGRES_POLLING_FAILED};
  }
  // The one way to learn the SQLSTATE of a refused start.
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  return {std::move(connection), PGRES_POLLING_WRITING};
}

Wire::Polled Wire::poll(Connection connection) {
  const PostgresPollingStatusType status = PQconnectPoll(connection.get());
  return {std::move(connection), status};
}

Result<Wire::Fd> Wire::watch(const Connection& connection) {
  base::UniqueFd own(::fcntl(PQsocket(connection.get()), F_DUPFD_CLOEXEC, 0));
  if (!own) return Error::from_os(errno, "watch a connection");
  return Fd::make(std::move(own));
}

WireError Wire::error_of(const PGconn* connection) {
  if (connection == nullptr) return {WireError::Kind::Overloaded, "out of memory"};
  WireError error{WireError::Kind::Connect, PQerrorMessage(connection)};
  split_verbose(error.message, error.sqlstate);
  const auto says = [&](std::string_view word) { return error.message.find(word) != std::string::npos; };
  if (error.sqlstate.starts_with("28") || says("password") || says("SCRAM")) {
    error.kind = WireError::Kind::Authentication;
  } else if (error.sqlstate.empty() && (says("SSL") || says("certificate"))) {
    error.kind = WireError::Kind::Tls;
  }
  return error;
}

Task<Result<std::unique_ptr<Wire>, WireError>> Wire::connect(Parameters parameters) {
  auto polled = co_await blocking([parameters = std::move(parameters)] { return start(parameters); });
  while (true) {
    if (!polled) co_return Unexpected{not_run(polled.error())};
    Connection& connection = polled->connection;
    if (polled->status == PGRES_POLLING_FAILED) co_return Unexpected{error_of(connection.get())};
    if (polled->status == PGRES_POLLING_OK) break;
    {
      auto fd = watch(connection);
      if (!fd) co_return Unexpected{WireError{WireError::Kind::Connect, fd.error().message()}};
      const bool reads = polled->status == PGRES_POLLING_READING;
      if (!co_await fd->ready(reads ? io::Interest::readable() : io::Interest::writable())) {
        co_return Unexpected{WireError{WireError::Kind::Lost, "the runtime ends"}};
      }
    }
    polled = co_await blocking(poll, std::move(connection));
  }
  PGconn* connected = polled->connection.get();
  PQsetErrorVerbosity(connected, PQERRORS_DEFAULT);
  if (PQsetnonblocking(connected, 1) != 0) co_return Unexpected{error_of(connected)};
  auto fd = watch(polled->connection);
  if (!fd) co_return Unexpected{WireError{WireError::Kind::Connect, fd.error().message()}};
  std::unique_ptr<Wire> wire(new Wire(std::move(polled->connection)));
  wire->fd_.emplace(std::move(*fd));
  co_return wire;
}

Wire::Wire(Connection connection) : connection_(std::move(connection)) {
  PQsetNoticeReceiver(connection_.get(), receive_notice, this);
}

Wire::~Wire() = default;

void Wire::receive_notice(void* wire, const PGresult* notice) noexcept {
  auto& notices = static_cast<Wire*>(wire)->notices_;
  if (notices.size() == kNotices) return;
  notices.push_back({field(notice, PG_DIAG_SEVERITY_NONLOCALIZED), field(notice, PG_DIAG_SQLSTATE),
                     field(notice, PG_DIAG_MESSAGE_PRIMARY)});
}

// ---- requests

void Wire::forget_readiness() noexcept { fd_->clear_ready(io::Interest::readable()); }

bool Wire::sent(int accepted) {
  held_back_ = 0;
  must_flush_ = accepted == 1 && PQflush(connection_.get()) == 1;
  return accepted == 1;
}

bool Wire::sent(int accepted, std::string_view text, const Arguments& arguments) {
  if (accepted == 1 && PQpipelineStatus(connection_.get()) != PQ_PIPELINE_OFF) {
    held_back_ += text.size();
    for (const int length : arguments.lengths) held_back_ += static_cast<std::size_t>(length);
    if (held_back_ < kPiece) return true;
  }
  return sent(accepted);
}

bool Wire::send_query(const char* text) {
  forget_readiness();
  return sent(PQsendQuery(connection_.get(), text));
}

bool Wire::send_query(const char* text, const Arguments& arguments, Format results) {
  if (PQpipelineStatus(connection_.get()) == PQ_PIPELINE_OFF) forget_readiness();
  return sent(PQsendQueryParams(connection_.get(), text, arguments.count(), arguments.types.data(),
                                arguments.values.data(), arguments.lengths.data(), arguments.formats.data(), results),
              text, arguments);
}

bool Wire::send_prepare(const char* name, const char* text, std::span<const Oid> types) {
  if (PQpipelineStatus(connection_.get()) == PQ_PIPELINE_OFF) forget_readiness();
  return sent(PQsendPrepare(connection_.get(), name, text, static_cast<int>(types.size()), types.data()));
}

bool Wire::send_prepared(const char* name, const Arguments& arguments, Format results) {
  if (PQpipelineStatus(connection_.get()) == PQ_PIPELINE_OFF) forget_readiness();
  return sent(PQsendQueryPrepared(connection_.get(), name, arguments.count(), arguments.values.data(),
                                  arguments.lengths.data(), arguments.formats.data(), results),
              name, arguments);
}

bool Wire::sync() { return sent(PQpipelineSync(connection_.get())); }

// ---- what comes back

bool Wire::nothing_left() const noexcept {
  char byte;
  const ssize_t peeked = ::recv(fd_->inner().get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (peeked >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return false;  // bytes, the end, or an error to tell
  if (!encrypted()) return true;
  auto* tls = static_cast<SSL*>(PQsslStruct(connection_.get(), "OpenSSL"));
  return tls == nullptr || SSL_pending(tls) == 0;
}

Result<ResultPtr> Wire::TakeResult::operator()() const {
  PGconn* connection = wire->connection_.get();
  while (PQisBusy(connection) != 0) {
    if (PQconsumeInput(connection) == 0) return ResultPtr();
    if (PQisBusy(connection) == 0) break;
    if (wire->nothing_left()) return Errc::WouldBlock;
  }
  return wire->take_result();
}

Result<void> Wire::Flush::operator()() const {
  PGconn* connection = wire->connection_.get();
  do {
    const int left = PQflush(connection);
    wire->must_flush_ = left == 1;
    if (left <= 0) return {};
    if (PQconsumeInput(connection) == 0) {
      wire->must_flush_ = false;  // it is broken, and will never be sent
      return {};
    }
  } while (!wire->nothing_left());
  return Errc::WouldBlock;
}

Wire::Got Wire::take_copy(std::string& piece) {
  char* bytes = nullptr;
  const int size = PQgetCopyData(connection_.get(), &bytes, 1);
  if (size == 0) return Got::Nothing;
  if (size < 0) return Got::End;
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(bytes, PQfreemem);
  piece.assign(bytes, static_cast<std::size_t>(size));
  return Got::Piece;
}

Result<std::string> Wire::TakeCopy::operator()() const {
  std::string piece;
  while (wire->take_copy(piece) == Got::Nothing) {
    if (PQconsumeInput(wire->connection_.get()) == 0) return std::string();
    if (const Got got = wire->take_copy(piece); got != Got::Nothing) break;
    if (wire->nothing_left()) return Errc::WouldBlock;
  }
  return piece;
}

bool Wire::consume_idle() {
  forget_readiness();
  do {
    if (PQconsumeInput(connection_.get()) == 0) return false;
    static_cast<void>(PQisBusy(connection_.get()));  // takes apart what came: notices, notifications, settings
  } while (!nothing_left());
  return !broken();
}

bool Wire::settle() {
  // What may be left is a notice, which the next answer brings along. The end of the connection is an edge of its own, and
  // is not forgotten.
  forget_readiness();
  return !broken();
}

Result<std::size_t> Wire::IdleReader::try_read(std::span<std::byte>) noexcept {
  if (wire_.nothing_left()) return Errc::WouldBlock;
  return Errc::Unsupported;
}

// ---- COPY

Wire::Put Wire::put_copy(std::span<const char> bytes) {
  const int taken = PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (taken >= 0) must_flush_ = PQflush(connection_.get()) == 1;
  return taken == 1 ? Put::Taken : taken == 0 ? Put::Full : Put::Broken;
}

Wire::Put Wire::end_copy(const char* failure) {
  const int taken = PQputCopyEnd(connection_.get(), failure);
  if (taken >= 0) must_flush_ = PQflush(connection_.get()) == 1;
  return taken == 1 ? Put::Taken : taken == 0 ? Put::Full : Put::Broken;
}

// ---- state

WireError Wire::error() const {
  WireError error = error_of(connection_.get());
  error.kind = WireError::Kind::Lost;
  if (error.message.empty()) error.message = "the connection to the server is broken";
  return error;
}

std::string Wire::setting(const char* name) const {
  const char* value = PQparameterStatus(connection_.get(), name);
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<Notification> Wire::take_notifications() {
  std::vector<Notification> taken;
  while (PGnotify* notify = PQnotifies(connection_.get())) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> owned(notify, PQfreemem);
    taken.push_back({notify->relname, notify->extra, notify->be_pid});
  }
  return taken;
}

Task<Result<void, WireError>> Wire::cancel() {
  struct FreeCancel {
    void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
  };
  std::unique_ptr<PGcancel, FreeCancel> request(PQgetCancel(connection_.get()));
  if (request == nullptr) co_return Unexpected{error()};
  auto refused = co_await blocking([request = std::move(request)] {
    char why[256] = "";
    return PQcancel(request.get(), why, sizeof why) == 1 ? std::string() : std::string(why);
  });
  if (!refused) co_return Unexpected{not_run(refused.error())};
  if (!refused->empty()) co_return Unexpected{WireError{WireError::Kind::Lost, *std::move(refused)}};
  co_return {};
}

}  // namespace rondeau::postgres
