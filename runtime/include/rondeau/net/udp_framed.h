// UdpFramed: datagrams as a stream and a sink of items.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/io/buffer.h>
#include <rondeau/io/codec.h>
#include <rondeau/io/kept.h>
#include <rondeau/net/udp_socket.h>
#include <rondeau/task/task.h>

namespace rondeau::net {

/// An item and the other end it came from.
template <class T>
struct From {
  T item;
  SocketAddress from;
};

/// The items that a decoder finds in datagrams, and datagrams of what an encoder makes of items.
///
/// `UdpFramed frames(socket, codec)` borrows the socket, `UdpFramed(std::move(socket), codec)` owns it. Every datagram
/// is taken for itself: the decoder sees its end, so no item goes over two of them, and one may hold several items.
/// After an error the next one is decoded by a fresh copy of the codec.
/// Thread safety: one task reads, one writes, if the codec bears that. Lifetime: as the socket.
template <class S, io::Decoder C>
  requires std::copyable<C>
class UdpFramed {
 public:
  using Item = typename C::Item;

  /// `max`: bytes of the largest datagram that is taken; 64 KiB is more than there can be.
  UdpFramed(S socket, C codec, std::size_t max = 64 * 1024)
      : socket_(std::forward<S>(socket)), codec_(std::move(codec)), decoder_(codec_), max_(max) {}

  /// The next item. Empty once the runtime has ended, after the error that says so.
  ///
  /// Errors: what the decoder and the socket report, TooLarge for a datagram of more than `max` bytes. They are those
  /// of one datagram, of which nothing more comes; the stream goes on with the next. Cancellation: safe.
  Task<std::optional<Result<From<Item>>>> next() {
    while (!ended_) {
      if (undecoded_) {
        auto item = io::decode_eof(decoder_, in_);
        if (item && *item) co_return From<Item>{.item = **std::move(item), .from = from_};
        undecoded_ = false;
        in_.clear();
        if (!item) {
          decoder_ = codec_;
          co_return std::move(item).error();
        }
      }
      in_.reserve(max_);
      auto datagram = co_await inner().recv_from(in_.spare().first(max_));
      if (!datagram) {
        ended_ = datagram.error() == Errc::ShuttingDown;
        co_return std::move(datagram).error();
      }
      if (datagram->truncated) co_return Errc::TooLarge;
      in_.commit(datagram->size);
      from_ = std::move(datagram->from);
      undecoded_ = true;
    }
    co_return std::nullopt;
  }

  /// Sends the item as one datagram. Errors: what the encoder and the socket report. Cancellation: nothing was sent.
  template <class T>
    requires io::Encoder<C, T>
  Task<Result<void>> send(T item, SocketAddress to) {
    out_.clear();  // of a send that was given up
    RONDEAU_TRY_VOID(codec_.encode(std::move(item), out_));
    RONDEAU_TRY_VOID(co_await inner().send_to(out_.bytes(), std::move(to)));
    co_return Result<void>();
  }
  /// The same on a connected socket.
  template <class T>
    requires io::Encoder<C, T>
  Task<Result<void>> send(T item) {
    out_.clear();
    RONDEAU_TRY_VOID(codec_.encode(std::move(item), out_));
    RONDEAU_TRY_VOID(co_await inner().send(out_.bytes()));
    co_return Result<void>();
  }

  auto& inner() noexcept { return io::kept(socket_); }
  /// What encodes, and what a decoder is a copy of.
  const C& codec() const noexcept { return codec_; }
  /// What was received and not yet decoded.
  io::Buffer& read_buffer() noexcept { return in_; }
  /// Gives the socket back; what was received and not yet decoded is lost.
  S release() && noexcept { return std::forward<S>(socket_); }

 private:
  S socket_;
  C codec_;
  C decoder_;
  const std::size_t max_;
  io::Buffer in_;
  SocketAddress from_;
  bool undecoded_ = false;  // the decoder has not said that there is no more in it
  bool ended_ = false;
  io::Buffer out_;
};

template <class S, class C>
UdpFramed(S&&, C) -> UdpFramed<S, C>;
template <class S, class C>
UdpFramed(S&&, C, std::size_t) -> UdpFramed<S, C>;

}  // namespace rondeau::net
