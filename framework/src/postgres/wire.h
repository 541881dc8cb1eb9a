// Wire: one session with a PostgreSQL server. libpq speaks the protocol, the reactor says when.
//
// libpq closes and replaces its socket as it likes: while it connects, and as soon as it meets the end of a connection.
// So what is registered is a duplicate of the descriptor, which stays ours until we close it; while connecting it is made
// anew for each step.
//
// Readiness is told once (edge-triggered), and one PQconsumeInput may leave bytes in the kernel, or in OpenSSL, while
// PQisBusy stays true. So nothing waits before a look at the socket has shown that nothing is left.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/io/async_fd.h>
#include <rondeau/io/reader.h>
#include <rondeau/postgres/listener.h>
#include <rondeau/task/task.h>

namespace rondeau::postgres {

/// Why there is no session, or no more of it. What the server refuses comes as a result.
struct WireError {
  enum class Kind { Connect, Authentication, Tls, Lost, Overloaded };
  Kind kind;
  std::string message;
  std::string sqlstate = {};  ///< where a server said one
};

struct FreeResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, FreeResult>;

/// Keywords of libpq and their values.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The arguments of one call, in the form libpq takes them. Views: valid until the call that sends them returns.
struct Arguments {
  std::span<const Oid> types;
  std::span<const char* const> values;
  std::span<const int> lengths;
  std::span<const int> formats;
  int count() const noexcept { return static_cast<int>(values.size()); }
};

/// What the server told beside results: NOTICE, WARNING.
struct Notice {
  std::string severity;
  std::string sqlstate;
  std::string message;
};

/// One user at a time. Every function that sends writes into libpq's buffer and tries to send it, small parts of a pipeline
/// at the latest with its sync(); what the socket does not take goes out while a result is waited for. Destroying it says goodbye and never waits.
class Wire {
 public:
  /// Of all columns of a result.
  using Format = int;
  static constexpr Format kText = 0;
  static constexpr Format kBinary = 1;

  /// Files (passwords, certificates), key derivation and the handshake happen on the blocking pool. No time limit of its own.
  ///
  /// `parameters` has a numeric `hostaddr`, or a path, for each host: libpq would look up names on the calling thread.
  /// Cancellation: safe.
  static Task<Result<std::unique_ptr<Wire>, WireError>> connect(Parameters parameters);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  // ---- requests; false: the connection is broken, see error()

  [[nodiscard]] bool send_query(const char* text);
  [[nodiscard]] bool send_query(const char* text, const Arguments& arguments, Format results);
  [[nodiscard]] bool send_prepare(const char* name, const char* text, std::span<const Oid> types);
  [[nodiscard]] bool send_prepared(const char* name, const Arguments& arguments, Format results);
  /// Rows of the request just sent come one by one.
  [[nodiscard]] bool single_rows() noexcept { return PQsetSingleRowMode(connection_.get()) == 1; }

  [[nodiscard]] bool enter_pipeline() noexcept { return PQenterPipelineMode(connection_.get()) == 1; }
  [[nodiscard]] bool leave_pipeline() noexcept { return PQexitPipelineMode(connection_.get()) == 1; }
  [[nodiscard]] bool sync();

  // ---- what comes back

  /// Something of the last request is still to be sent: flush() before anything is waited for.
  bool must_flush() const noexcept { return must_flush_; }
  /// Sends what is left, reading meanwhile: a server that cannot get rid of its answer takes no more of the request.
  /// Cancellation: safe, the bytes stay in the buffer.
  auto flush() { return fd_->async_io(io::Interest::readable() | io::Interest::writable(), Flush{this}); }

  /// take_result() has something to tell.
  bool has_result() noexcept { return PQisBusy(connection_.get()) == 0; }
  /// The next result; null at the end of a request, between items of a pipeline, and where the connection broke.
  /// Only after has_result().
  ResultPtr take_result() noexcept { return ResultPtr(PQgetResult(connection_.get())); }
  /// take_result() when there is one. Only where has_result() is false. Cancellation: safe.
  auto next_result() { return fd_->async_io(io::Interest::readable(), TakeResult{this}); }
  /// The same without waiting, for who waits for the reader(). Errors: WouldBlock, ShuttingDown.
  Result<ResultPtr> try_next_result() { return fd_->try_io(io::Interest::readable(), TakeResult{this}); }

  /// Waits until there is something to read. Cancellation: safe.
  auto readable() const noexcept { return fd_->readable(); }
  /// Reads what is there without waiting; false: the connection is broken.
  [[nodiscard]] bool consume_idle();
  /// Before it lies idle: what is readable from now on is news. False: the connection is broken.
  [[nodiscard]] bool settle();
  /// For a watch of the idle connection.
  io::Reader& reader() noexcept { return reader_; }

  // ---- COPY

  enum class Put { Taken, Full, Broken };
  Put put_copy(std::span<const char> bytes);
  /// `failure`: null to end well.
  Put end_copy(const char* failure);
  /// A piece that is here already, or the end: then take_result() tells how it ended.
  enum class Got { Piece, Nothing, End };
  Got take_copy(std::string& piece);
  /// The next piece, where take_copy() had none; empty at the end. Cancellation: safe.
  auto next_copy() { return fd_->async_io(io::Interest::readable(), TakeCopy{this}); }

  // ---- state

  PGTransactionStatusType status() const noexcept { return PQtransactionStatus(connection_.get()); }
  bool broken() const noexcept { return PQstatus(connection_.get()) != CONNECTION_OK; }
  WireError error() const;
  int process() const noexcept { return PQbackendPID(connection_.get()); }
  int server_version() const noexcept { return PQserverVersion(connection_.get()); }
  bool encrypted() const noexcept { return PQsslInUse(connection_.get()) == 1; }
  /// A setting the server reports, "" where it does not.
  std::string setting(const char* name) const;
  bool has_notices() const noexcept { return !notices_.empty(); }
  std::vector<Notice> take_notices() noexcept { return std::exchange(notices_, {}); }
  std::vector<Notification> take_notifications();

  /// Asks the server to stop what it does, from the blocking pool, and waits for that: before, nothing may be sent, for the
  /// request could hit it. Cancellation: the request goes on, so close the connection then.
  Task<Result<void, WireError>> cancel();

 private:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  using Connection = std::unique_ptr<PGconn, Finish>;
  struct Polled {
    Connection connection;
    PostgresPollingStatusType status;
  };
  using Fd = io::AsyncFd<base::UniqueFd>;

  struct TakeResult {
    Wire* wire;
    Result<ResultPtr> operator()() const;
  };
  struct TakeCopy {
    Wire* wire;
    Result<std::string> operator()() const;
  };
  struct Flush {
    Wire* wire;
    Result<void> operator()() const;
  };

  /// Readiness alone: what there is to read is libpq's.
  class IdleReader final : public io::Reader {
   public:
    explicit IdleReader(Wire& wire) noexcept : wire_(wire) {}
    Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
    bool start_wait(io::Waiter& waiter) noexcept override { return wire_.fd_->start_wait(waiter); }
    void end_wait(io::Waiter& waiter) noexcept override { wire_.fd_->end_wait(waiter); }
    int described_descriptor() const noexcept override { return wire_.fd_->inner().get(); }

   private:
    Wire& wire_;
  };

  explicit Wire(Connection connection);
  static Polled start(const Parameters& parameters);
  static Polled poll(Connection connection);
  static Result<Fd> watch(const Connection& connection);
  static WireError error_of(const PGconn* connection);
  static void receive_notice(void* wire, const PGresult* notice) noexcept;

  void forget_readiness() noexcept;
  bool sent(int accepted);
  /// The same; within a pipeline it goes out with what follows, until there is enough for a piece.
  bool sent(int accepted, std::string_view text, const Arguments& arguments);
  /// Nothing in the kernel and nothing decrypted: then a report will come with what comes.
  bool nothing_left() const noexcept;

  Connection connection_;
  std::optional<Fd> fd_;  ///< destroyed first
  std::vector<Notice> notices_;
  bool must_flush_ = false;
  std::size_t held_back_ = 0;  // of a pipeline, about
  IdleReader reader_{*this};
};

}  // namespace rondeau::postgres
