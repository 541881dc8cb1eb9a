// Wire: a connection to a TestApp, byte by byte.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/io/any_stream.h>

namespace rondeau::testing {

class TestApp;

/// Destroyed: the peer is gone. Thread safety: as TestApp.
class Wire {
 public:
  Wire(TestApp& app, io::AnyStream stream) noexcept : app_(&app), stream_(std::move(stream)) {}

  /// Sends bytes and lets the service do what it can with them; the clock does not move. What it does not take for now
  /// is dropped, and false is returned: where it waits for another thread, too, as for that of a file.
  bool send(std::string_view bytes);
  /// Sends what the service takes for now, and takes that off the front of `bytes`. False: it will take no more.
  bool send_some(std::string_view& bytes);
  /// Sends all, however long the service takes to take it; the clock moves over what everybody waits for. False: it will
  /// take no more, or `patience` has passed on the clock.
  bool send_all(std::string_view bytes, Duration patience = std::chrono::hours(1));
  /// Ends our half.
  void finish();
  /// All that has come so far and was not asked for yet.
  std::string received();
  /// Reads no more than `most` bytes, so that the service may have to wait for us.
  std::string received(std::size_t most);
  /// Something has come that was not asked for yet, as far as we have looked.
  bool has_received() const noexcept { return !received_.empty(); }
  /// The service has ended its half, and all before that was received().
  bool closed();

  io::Stream& stream() noexcept { return *stream_; }

 private:
  void collect(std::size_t most);

  TestApp* app_;
  io::AnyStream stream_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace rondeau::testing
