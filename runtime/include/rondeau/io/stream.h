// Stream: bytes both ways. TcpStream, DuplexStream and whatever a protocol runs on derive from it.
#pragma once

#include <rondeau/io/reader.h>
#include <rondeau/io/writer.h>

namespace rondeau::io {

/// A duplex stream of bytes. Reading and writing from two tasks at once is allowed.
class Stream : public Reader, public Writer {
 public:
  bool start_wait(Waiter& waiter) noexcept override = 0;
  void end_wait(Waiter& waiter) noexcept override = 0;

 protected:
  Stream() = default;
  Stream(const Stream&) = default;
  Stream& operator=(const Stream&) = default;
};

}  // namespace rondeau::io
