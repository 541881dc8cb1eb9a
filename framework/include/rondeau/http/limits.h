// Limits: every default of the HTTP server in one struct. A listener takes one; routes may change those marked R.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rondeau::http {

/// The least speed a peer must keep, counted once `grace` has passed.
struct MinimumRate {
  std::size_t bytes_per_second = 1024;
  std::chrono::seconds grace{10};
};

/// What a peer may do on a connection of HTTP/2. "Calm" stands for GOAWAY with ENHANCE_YOUR_CALM.
struct Http2Limits {
  std::uint32_t max_concurrent_streams = 128;  ///< REFUSED_STREAM
  std::size_t max_refused_streams = 128;       ///< on one connection: calm
  std::uint32_t stream_window = 256 * 1024;    ///< body bytes on their way in one stream: FLOW_CONTROL_ERROR
  std::uint32_t connection_window = 1024 * 1024;   ///< in all streams: FLOW_CONTROL_ERROR
  std::size_t max_unread = 4 * 1024 * 1024;        ///< kept for handlers that do not read: the connection's window shuts
  std::uint32_t max_frame = 16 * 1024;             ///< FRAME_SIZE_ERROR
  std::uint32_t max_header_list = 32 * 1024;       ///< 431; four times as much: calm
  std::uint32_t header_table = 4096;               ///< of HPACK, each way
  std::chrono::milliseconds preface{std::chrono::seconds(10)};        ///< GOAWAY with SETTINGS_TIMEOUT
  std::chrono::milliseconds settings_ack{std::chrono::seconds(10)};   ///< the same
  std::chrono::milliseconds ping_interval{std::chrono::seconds(30)};  ///< while a stream is open
  std::chrono::milliseconds ping_timeout{std::chrono::seconds(20)};   ///< close
  std::chrono::milliseconds window_stall{std::chrono::seconds(30)};   ///< data waits for a window: RST_STREAM, then calm
  std::size_t reset_burst = 200;        ///< streams reset by the peer, or because of it: calm
  std::size_t resets_per_second = 20;   ///< what fills that up again
  std::size_t control_burst = 200;      ///< SETTINGS, PING, PRIORITY, WINDOW_UPDATE, unknown frames, of each: calm
  std::size_t control_per_second = 50;  ///< what fills that up again
  std::size_t window_updates_per_data = 16;  ///< what a DATA frame of ours fills up for WINDOW_UPDATE
  std::size_t max_continuations = 8;         ///< of a header block: calm
  std::size_t max_empty_data = 100;          ///< on one connection: calm
  std::size_t max_data_overhead = 25'600;    ///< 256 for each DATA frame beyond a few, less its content: calm
  std::size_t max_queued_control = 1000;     ///< answers the peer does not read: close
  std::size_t max_settings_entries = 32;     ///< in one frame: close
  std::size_t max_unsent = 256 * 1024;       ///< of all streams: each may have one frame unsent, no more
};

/// What one end of a WebSocket may make the other do. What happens above a limit stands behind it.
struct WebSocketLimits {
  std::size_t max_message = 1024 * 1024;                     ///< bytes, inflated: close with 1009
  std::size_t small_fragment = 16;                           ///< fewer bytes are few
  std::size_t max_small_fragments = 1024;                    ///< in one message: 1008
  std::size_t control_burst = 200;                           ///< ping, pong and close frames at once: 1008
  std::size_t control_rate = 50;                             ///< such frames a second, behind the burst: 1008
  std::chrono::milliseconds ping{std::chrono::seconds(30)};  ///< between two pings of ours; 0: none
  std::chrono::milliseconds dead{std::chrono::seconds(60)};  ///< nothing came, or nothing was taken: 1001, closed; 0: never
  std::chrono::milliseconds close_handshake{std::chrono::seconds(5)};  ///< then closed without the peer
  std::size_t max_unsent = 256 * 1024;                                 ///< who sends waits
};

/// How much of everything a peer may use. nullopt says "no limit" and has to be spelt out.
///
/// Sizes are bytes. What happens above a limit stands behind it; "close" means after the answer.
struct Limits {
  // The head of a request.
  std::size_t max_target = 8 * 1024;                               ///< 414, close
  std::size_t max_method = 32;                                     ///< 501 for a token, otherwise 400, close
  std::size_t max_head = 32 * 1024;                                ///< 431, close
  std::size_t max_field_line = 16 * 1024;                          ///< 431, close
  std::size_t max_fields = 100;                                    ///< 431, close
  std::size_t max_blank_lines = 2;                                 ///< empty lines before a request: 400, close
  std::chrono::milliseconds first_byte{std::chrono::seconds(10)};  ///< after accept: silent close
  std::chrono::milliseconds head{std::chrono::seconds(10)};        ///< the whole head from its first byte: 408, close
  std::chrono::milliseconds keep_alive{std::chrono::seconds(75)};  ///< idle between requests: close

  // The body of a request.
  std::size_t max_buffered_body = 2 * 1024 * 1024;                ///< R, body_limit(): 413, close or drain
  std::optional<std::uint64_t> max_streamed_body = std::nullopt;  ///< R, body_limit(): 413, close or drain
  std::chrono::milliseconds body_read{std::chrono::seconds(30)};  ///< R: between two reads: 408, close
  std::optional<MinimumRate> body_rate = MinimumRate{1024, std::chrono::seconds(10)};  ///< R: 408, close
  std::size_t chunk_overhead = 16 * 1024;     ///< chunk sizes and extensions, in all: 400, close
  std::size_t chunk_overhead_per_chunk = 24;  ///< added to chunk_overhead for each chunk
  std::size_t max_trailers = 16 * 1024;       ///< 431, close
  std::size_t max_trailer_fields = 64;        ///< 431, close
  std::size_t max_drain = 256 * 1024;         ///< body the handler left unread: close
  std::chrono::milliseconds drain{std::chrono::seconds(2)};
  std::size_t max_linger = 256 * 1024 * 1024;  ///< read and dropped after our last byte, for as long as linger says
  std::chrono::milliseconds linger{std::chrono::seconds(2)};

  // The answer.
  std::size_t batch_answers = 16;                               ///< pipelined answers before they are flushed
  std::size_t batch_bytes = 64 * 1024;                          ///< bytes of pipelined answers before they are flushed
  std::chrono::milliseconds handler{std::chrono::seconds(30)};  ///< R, HandlerTimeout: to the head of the answer: 503
  std::chrono::milliseconds write_stall{std::chrono::seconds(30)};  ///< R: reset, the handler is cancelled
  std::optional<MinimumRate> write_rate = MinimumRate{1024, std::chrono::seconds(30)};  ///< R: as write_stall
  std::size_t max_unsent = 64 * 1024;  ///< of one answer: the producer waits
  std::size_t max_ranges = 8;          ///< in one Range: it is ignored

  // The listener.
  /// nullopt: 80 % of RLIMIT_NOFILE, whose soft limit is raised to the hard one; accepting pauses.
  std::optional<std::size_t> max_connections = std::nullopt;
  std::optional<std::size_t> max_connections_per_address = std::nullopt;  ///< an IPv6 address counts by its /64: close
  std::chrono::milliseconds tls_handshake{std::chrono::seconds(10)};      ///< from accept to its end: close
  std::size_t max_tls_handshakes = 256;                                   ///< at once: the next waits
  int backlog = 4096;                                                     ///< the kernel clamps it
  std::size_t in_flight_per_worker = 1024;                                ///< 503 with Retry-After

  // What extractors read.
  std::size_t max_query_pairs = 1024;  ///< 400
  std::size_t max_form_pairs = 1024;   ///< 400
  std::size_t max_cookies = 100;       ///< 400
  std::size_t max_json_depth = 64;     ///< 400
  std::size_t max_listed_errors = 32;  ///< the rest is left out
  std::uint64_t max_multipart = 50 * 1024 * 1024;  ///< R, body_limit(): a form in all: 413
  std::size_t max_parts = 128;                     ///< of a form: 413
  std::size_t max_files = 16;                      ///< that a MultipartForm keeps: 413
  std::size_t max_part_text = 64 * 1024;           ///< a part read as text: 413
  std::size_t max_part_head = 8 * 1024;            ///< 400
  std::size_t max_part_fields = 16;                ///< in a part's head: 400

  // Other protocols.
  Http2Limits http2 = {};
  WebSocketLimits websocket = {};

  // The end.
  std::chrono::milliseconds shutdown{std::chrono::seconds(25)};         ///< then requests are cancelled
  std::chrono::milliseconds hard_end{std::chrono::seconds(5)};          ///< then the process exits
  std::chrono::milliseconds half_close_grace{std::chrono::seconds(1)};  ///< a lone FIN, then as a disconnect

  /// The defaults: for a server that faces the internet.
  static Limits edge() { return {}; }
  /// Behind a proxy that has minimum rates of its own: stalls are bounded, rates are not.
  static Limits behind_proxy() {
    Limits limits;
    limits.body_rate.reset();
    limits.write_rate.reset();
    return limits;
  }
  /// Between services that trust each other.
  static Limits internal() {
    Limits limits = behind_proxy();
    limits.max_head = 64 * 1024;
    limits.max_fields = 200;
    limits.keep_alive = std::chrono::seconds(300);
    limits.max_buffered_body = 16 * 1024 * 1024;
    limits.handler = std::chrono::seconds(60);
    return limits;
  }
};

}  // namespace rondeau::http

namespace rondeau {
using http::Limits;
}  // namespace rondeau
