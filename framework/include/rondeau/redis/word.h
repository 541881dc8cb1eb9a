// The word of a command, checked while it is compiled: what would block everybody on a shared connection, or put its
// replies out of order, is not a word there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondeau::redis {

/// Where a command may be sent.
enum class Place : std::uint8_t { Shared, Exclusive };

/// What a word is found to be.
enum class WordClass : std::uint8_t { Plain, ReadOnly, Blocks, BelongsToClient, Malformed };

namespace words {

// Blocks the connection.
inline constexpr std::string_view kBlocking[] = {
    "BLPOP", "BRPOP", "BLMOVE", "BLMPOP", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF",
};
// Makes the connection remember something of one caller.
inline constexpr std::string_view kChanging[] = {
    "WATCH", "UNWATCH", "ASKING", "READONLY", "READWRITE", "CLIENT TRACKING", "CLIENT CACHING", "CLIENT NO-EVICT",
    "CLIENT NO-TOUCH", "SCRIPT DEBUG",
};
// Changes how replies come, or who is at the other end: what the client does itself, or nobody.
inline constexpr std::string_view kReserved[] = {
    "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE",
    "MONITOR", "MULTI", "EXEC", "DISCARD", "SELECT", "AUTH", "HELLO", "RESET", "QUIT",
    "CLIENT REPLY", "SYNC", "PSYNC", "REPLCONF", "SHUTDOWN", "DEBUG",
};
// Sent again where their reply was lost. No word that writes under any of its options.
inline constexpr std::string_view kReadOnly[] = {
    "BITCOUNT", "BITFIELD_RO", "BITPOS", "COMMAND", "COMMAND COUNT", "COMMAND DOCS", "COMMAND GETKEYS", "COMMAND INFO",
    "COMMAND LIST", "CONFIG GET", "DBSIZE", "DUMP", "ECHO", "EVALSHA_RO", "EVAL_RO", "EXISTS", "EXPIRETIME",
    "FCALL_RO", "GEODIST", "GEOHASH", "GEOPOS", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH", "GET",
    "GETBIT", "GETRANGE", "HEXISTS", "HEXPIRETIME", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HPEXPIRETIME",
    "HPTTL", "HRANDFIELD", "HSCAN", "HSTRLEN", "HTTL", "HVALS", "INFO", "KEYS", "LASTSAVE", "LCS", "LINDEX", "LLEN",
    "LOLWUT", "LPOS", "LRANGE", "MEMORY USAGE", "MGET", "OBJECT ENCODING", "OBJECT FREQ", "OBJECT IDLETIME",
    "OBJECT REFCOUNT", "PEXPIRETIME", "PFCOUNT", "PING", "PTTL", "PUBSUB CHANNELS", "PUBSUB NUMPAT", "PUBSUB NUMSUB",
    "PUBSUB SHARDCHANNELS", "PUBSUB SHARDNUMSUB", "RANDOMKEY", "ROLE", "SCAN", "SCARD", "SCRIPT EXISTS", "SDIFF",
    "SINTER", "SINTERCARD", "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SORT_RO", "SRANDMEMBER", "SSCAN", "STRLEN",
    "SUBSTR", "SUNION", "TIME", "TOUCH", "TTL", "TYPE", "XINFO CONSUMERS", "XINFO GROUPS", "XINFO STREAM", "XLEN",
    "XPENDING", "XRANGE", "XREAD", "XREVRANGE", "ZCARD", "ZCOUNT", "ZDIFF", "ZINTER", "ZINTERCARD", "ZLEXCOUNT",
    "ZMSCORE", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZREVRANGEBYLEX",
    "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE", "ZUNION",
};
// What one of these asks for is among its arguments.
inline constexpr std::string_view kTold[] = {"CLIENT", "SCRIPT", "XREAD", "XREADGROUP"};

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr bool equal(std::string_view word, std::string_view listed) noexcept {
  if (word.size() != listed.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (upper(word[i]) != listed[i]) return false;
  }
  return true;
}
/// The word itself, or its first part: "CLIENT REPLY OFF".
template <std::size_t N>
constexpr bool begins_with_one(std::string_view word, const std::string_view (&list)[N]) noexcept {
  for (const std::string_view listed : list) {
    if (equal(word.substr(0, listed.size()), listed) && (word.size() == listed.size() || word[listed.size()] == ' ')) {
      return true;
    }
  }
  return false;
}
constexpr bool is_well_formed(std::string_view word) noexcept {
  char before = ' ';
  for (const char c : word) {
    const bool letter = (upper(c) >= 'A' && upper(c) <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!letter && (c != ' ' || before == ' ')) return false;
    before = c;
  }
  return before != ' ';
}

constexpr WordClass classify(std::string_view word) noexcept {
  if (!is_well_formed(word)) return WordClass::Malformed;
  if (begins_with_one(word, kReserved)) return WordClass::BelongsToClient;
  if (begins_with_one(word, kBlocking) || begins_with_one(word, kChanging)) return WordClass::Blocks;
  for (const std::string_view listed : kReadOnly) {
    if (equal(word, listed)) return WordClass::ReadOnly;
  }
  return WordClass::Plain;
}

// Not constexpr: reaching it while compiling is an error everywhere. Clang says the sentence before it comes to that.
void this_word_is_refused() noexcept;

}  // namespace words

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): an attribute of clang's
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgcc-compat"
#define RONDEAU_REDIS_REFUSE(condition, sentence) __attribute__((diagnose_if(condition, sentence, "error")))
#else
#define RONDEAU_REDIS_REFUSE(condition, sentence)
#endif

/// A command's word, with its subcommand where it has one: "GET", "CONFIG GET". Only literals are; case does not matter.
///
/// Text that is known only while the program runs does not compile, nor do words that do not belong to `P`.
template <Place P>
class Word {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is what one writes
  template <std::size_t N>
  consteval Word(const char (&literal)[N])
      RONDEAU_REDIS_REFUSE(words::classify({literal, N - 1}) == WordClass::Malformed,
                           "rondeau: a Redis command's word is letters, with single spaces before its subcommand")
      RONDEAU_REDIS_REFUSE(words::classify({literal, N - 1}) == WordClass::BelongsToClient,
                           "rondeau: this Redis command is the client's own; see subscribe, multi, monitor and Options")
      RONDEAU_REDIS_REFUSE(words::classify({literal, N - 1}) == WordClass::Blocks && P == Place::Shared,
                           "rondeau: this Redis command would block or change the shared connection; take an Exclusive")
      : text_(literal, N - 1) {
    const WordClass found = words::classify(text_);
    if (found == WordClass::Malformed || found == WordClass::BelongsToClient) words::this_word_is_refused();
    if (P == Place::Shared && found == WordClass::Blocks) words::this_word_is_refused();
    read_only_ = found == WordClass::ReadOnly;
    changes_connection_ = words::begins_with_one(text_, words::kChanging);
    for (const std::string_view listed : words::kTold) told_by_arguments_ |= words::equal(text_, listed);
  }

  constexpr std::string_view text() const noexcept { return text_; }
  constexpr bool read_only() const noexcept { return read_only_; }
  constexpr bool changes_connection() const noexcept { return changes_connection_; }
  /// What it is, its arguments tell: see look_at_arguments.
  constexpr bool told_by_arguments() const noexcept { return told_by_arguments_; }

 private:
  std::string_view text_;
  bool read_only_ = false;
  bool changes_connection_ = false;
  bool told_by_arguments_ = false;
};

#undef RONDEAU_REDIS_REFUSE
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

using SharedWord = Word<Place::Shared>;
using ExclusiveWord = Word<Place::Exclusive>;

}  // namespace rondeau::redis
