#include "commands.h"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

namespace mini_redis {

using rondeau::Bytes;
using rondeau::Duration;
using rondeau::Instant;

namespace {

using Words = Command;  // [0] is the command's name

const Reply kOk{Status{"OK"}};
const Reply kNil{Nil{}};
const Reply kSyntaxError{Failure{"ERR syntax error"}};
const Reply kNoNumber{Failure{"ERR value is not an integer or out of range"}};
const Reply kWrongType{Failure{"WRONGTYPE Operation against a key holding the wrong kind of value"}};

Reply number(std::int64_t value) {
  return {value};
}
Reply count(std::size_t value) {
  return number(static_cast<std::int64_t>(value));
}
Reply text(std::string value) {
  return {Bytes(std::move(value))};
}

/// `f(T&)` for what the key holds; `none` where there is no such key. What is empty afterwards goes.
template <class T, class F>
Reply with_held(Keyspace& keys, const std::string& key, const Reply& none, F f) {
  Value* value = keys.find(key);
  if (value == nullptr) return none;
  T* held = std::get_if<T>(value);
  if (held == nullptr) return kWrongType;
  Reply reply = f(*held);
  if constexpr (!std::is_same_v<T, Bytes>) {
    if (held->empty()) keys.erase(key);
  }
  return reply;
}

/// The same, with a new T where there is no such key.
template <class T, class F>
Reply with_made(Keyspace& keys, const std::string& key, F f) {
  if (keys.find(key) == nullptr) keys.put(key, T());
  return with_held<T>(keys, key, kNil, f);
}

// ---- any key

Reply del(Keyspace& keys, Words& words) {
  return count(static_cast<std::size_t>(
      std::count_if(words.begin() + 1, words.end(), [&](const std::string& key) { return keys.erase(key); })));
}

Reply exists(Keyspace& keys, Words& words) {
  return count(static_cast<std::size_t>(std::count_if(
      words.begin() + 1, words.end(), [&](const std::string& key) { return keys.find(key) != nullptr; })));
}

Reply type(Keyspace& keys, Words& words) {
  constexpr std::string_view kNames[] = {"string", "list", "set", "hash"};
  const Value* value = keys.find(words[1]);
  return {Status{value == nullptr ? std::string_view("none") : kNames[value->index()]}};
}

Reply dbsize(Keyspace& keys, Words&) {
  return count(keys.size());
}

Reply flush(Keyspace& keys, Words&) {
  keys.clear();
  return kOk;
}

// ---- ends of keys

template <class Unit>
std::optional<Duration> span_in(std::string_view digits) {
  const auto value = number_in(digits);
  constexpr std::int64_t kMost = std::chrono::duration_cast<Unit>(Duration::max()).count();
  if (!value || *value > kMost || *value < -kMost) return std::nullopt;
  return Unit(*value);
}

template <class Unit>
Reply expire(Keyspace& keys, Words& words) {
  const auto span = span_in<Unit>(words[2]);
  if (!span) return kNoNumber;
  if (keys.find(words[1]) == nullptr) return number(0);
  if (*span <= Duration::zero()) {
    keys.erase(words[1]);
  } else {
    keys.end_at(words[1], Instant::now() + *span);
  }
  return number(1);
}

template <class Unit>
Reply ttl(Keyspace& keys, Words& words) {
  if (keys.find(words[1]) == nullptr) return number(-2);
  const auto end = keys.end_of(words[1]);
  if (!end) return number(-1);
  return number(std::chrono::round<Unit>(end->saturating_since(Instant::now())).count());
}

Reply persist(Keyspace& keys, Words& words) {
  return number(keys.find(words[1]) != nullptr && keys.never_end(words[1]) ? 1 : 0);
}

// ---- strings

Reply get(Keyspace& keys, Words& words) {
  return with_held<Bytes>(keys, words[1], kNil, [](const Bytes& value) { return Reply{value}; });
}

struct SetOptions {
  std::optional<Duration> end;
  bool if_missing = false;
  bool if_there = false;
  bool keep_end = false;
};

std::optional<Reply> read_options(const Words& words, SetOptions& options) {
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::string option = name_of({words[i]});
    if (option == "NX" && !options.if_there) {
      options.if_missing = true;
    } else if (option == "XX" && !options.if_missing) {
      options.if_there = true;
    } else if (option == "KEEPTTL" && !options.end) {
      options.keep_end = true;
    } else if ((option == "EX" || option == "PX") && !options.end && !options.keep_end && i + 1 < words.size()) {
      ++i;
      options.end =
          option == "EX" ? span_in<std::chrono::seconds>(words[i]) : span_in<std::chrono::milliseconds>(words[i]);
      if (!options.end) return kNoNumber;
      if (*options.end <= Duration::zero()) return Reply{Failure{"ERR invalid expire time in 'set' command"}};
    } else {
      return kSyntaxError;
    }
  }
  return std::nullopt;
}

Reply set(Keyspace& keys, Words& words) {
  SetOptions options;
  if (auto refused = read_options(words, options)) return *std::move(refused);
  const bool there = keys.find(words[1]) != nullptr;
  if (there ? options.if_missing : options.if_there) return kNil;
  const auto end = options.keep_end ? keys.end_of(words[1]) : std::nullopt;
  keys.put(words[1], Bytes(std::move(words[2])));
  if (options.end) keys.end_at(words[1], Instant::now() + *options.end);
  if (end) keys.end_at(words[1], *end);
  return kOk;
}

Reply mset(Keyspace& keys, Words& words) {
  if (words.size() % 2 == 0) return {wrong_number_of_arguments(words)};
  for (std::size_t i = 1; i < words.size(); i += 2) keys.put(words[i], Bytes(std::move(words[i + 1])));
  return kOk;
}

Reply mget(Keyspace& keys, Words& words) {
  Array values;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const Value* value = keys.find(words[i]);
    const Bytes* held = value != nullptr ? std::get_if<Bytes>(value) : nullptr;
    values.push_back(held != nullptr ? Reply{*held} : kNil);
  }
  return {std::move(values)};
}

Reply strlen(Keyspace& keys, Words& words) {
  return with_held<Bytes>(keys, words[1], number(0), [](const Bytes& value) { return count(value.size()); });
}

Reply add(Keyspace& keys, const std::string& key, std::int64_t difference) {
  if (keys.find(key) == nullptr) keys.put(key, Bytes::from_static("0"));
  return with_held<Bytes>(keys, key, kNil, [&](Bytes& value) {
    const auto before = number_in(value.view());
    std::int64_t sum = 0;
    if (!before) return kNoNumber;
    if (__builtin_add_overflow(*before, difference, &sum)) {
      return Reply{Failure{"ERR increment or decrement would overflow"}};
    }
    value = Bytes(std::to_string(sum));
    return number(sum);
  });
}

Reply incr(Keyspace& keys, Words& words) {
  return add(keys, words[1], 1);
}
Reply decr(Keyspace& keys, Words& words) {
  return add(keys, words[1], -1);
}
Reply incrby(Keyspace& keys, Words& words) {
  const auto difference = number_in(words[2]);
  return difference ? add(keys, words[1], *difference) : kNoNumber;
}
Reply decrby(Keyspace& keys, Words& words) {
  const auto difference = number_in(words[2]);
  std::int64_t negative = 0;
  if (!difference || __builtin_sub_overflow(std::int64_t{0}, *difference, &negative)) return kNoNumber;
  return add(keys, words[1], negative);
}

// ---- lists

enum class Side { Left, Right };

template <Side side>
Reply push(Keyspace& keys, Words& words) {
  return with_made<List>(keys, words[1], [&](List& list) {
    for (std::size_t i = 2; i < words.size(); ++i) {
      Bytes item(std::move(words[i]));
      side == Side::Left ? list.push_front(std::move(item)) : list.push_back(std::move(item));
    }
    return count(list.size());
  });
}

Reply pop_one(List& list, Side side) {
  Reply item{side == Side::Left ? list.front() : list.back()};
  side == Side::Left ? list.pop_front() : list.pop_back();
  return item;
}

template <Side side>
Reply pop(Keyspace& keys, Words& words) {
  if (words.size() == 2) {
    return with_held<List>(keys, words[1], kNil, [](List& list) { return pop_one(list, side); });
  }
  const auto most = number_in(words[2]);
  if (!most || *most < 0) return {Failure{"ERR value is out of range, must be positive"}};
  return with_held<List>(keys, words[1], kNil, [&](List& list) {
    Array items;
    for (std::int64_t i = 0; i < *most && !list.empty(); ++i) items.push_back(pop_one(list, side));
    return Reply{std::move(items)};
  });
}

Reply lrange(Keyspace& keys, Words& words) {
  const auto from = number_in(words[2]);
  const auto to = number_in(words[3]);
  if (!from || !to) return kNoNumber;
  return with_held<List>(keys, words[1], Reply{Array()}, [&](const List& list) {
    const auto size = static_cast<std::int64_t>(list.size());
    const auto first = std::max<std::int64_t>(*from < 0 ? *from + size : *from, 0);
    const auto last = std::min(*to < 0 ? *to + size : *to, size - 1);
    Array items;
    for (std::int64_t i = first; i <= last; ++i) items.push_back({list[static_cast<std::size_t>(i)]});
    return Reply{std::move(items)};
  });
}

Reply llen(Keyspace& keys, Words& words) {
  return with_held<List>(keys, words[1], number(0), [](const List& list) { return count(list.size()); });
}

// ---- sets

Reply sadd(Keyspace& keys, Words& words) {
  return with_made<Set>(keys, words[1], [&](Set& set) {
    std::size_t added = 0;
    for (std::size_t i = 2; i < words.size(); ++i) added += set.insert(std::move(words[i])).second ? 1 : 0;
    return count(added);
  });
}

Reply spop(Keyspace& keys, Words& words) {
  return with_held<Set>(keys, words[1], kNil, [](Set& set) { return text(set.extract(set.begin()).value()); });
}

Reply smembers(Keyspace& keys, Words& words) {
  return with_held<Set>(keys, words[1], Reply{Array()}, [](const Set& set) {
    Array members;
    for (const std::string& member : set) members.push_back(text(member));
    return Reply{std::move(members)};
  });
}

Reply scard(Keyspace& keys, Words& words) {
  return with_held<Set>(keys, words[1], number(0), [](const Set& set) { return count(set.size()); });
}

// ---- hashes

Reply hset(Keyspace& keys, Words& words) {
  if (words.size() % 2 != 0) return {wrong_number_of_arguments(words)};
  return with_made<Hash>(keys, words[1], [&](Hash& hash) {
    const std::size_t before = hash.size();
    for (std::size_t i = 2; i < words.size(); i += 2) hash[words[i]] = Bytes(std::move(words[i + 1]));
    return count(hash.size() - before);
  });
}

Reply hget(Keyspace& keys, Words& words) {
  return with_held<Hash>(keys, words[1], kNil, [&](const Hash& hash) {
    const auto field = hash.find(words[2]);
    return field == hash.end() ? kNil : Reply{field->second};
  });
}

Reply hgetall(Keyspace& keys, Words& words) {
  return with_held<Hash>(keys, words[1], Reply{Array()}, [](const Hash& hash) {
    Array all;
    for (const auto& [field, value] : hash) {
      all.push_back(text(field));
      all.push_back({value});
    }
    return Reply{std::move(all)};
  });
}

struct Rule {
  std::size_t least;  ///< words, the name among them
  std::size_t most;   ///< 0: any number
  Reply (*run)(Keyspace&, Words&);
};

const std::unordered_map<std::string_view, Rule>& rules() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  static const std::unordered_map<std::string_view, Rule> all = {
      {"DBSIZE", {1, 1, dbsize}},
      {"DECR", {2, 2, decr}},
      {"DECRBY", {3, 3, decrby}},
      {"DEL", {2, 0, del}},
      {"EXISTS", {2, 0, exists}},
      {"EXPIRE", {3, 3, expire<seconds>}},
      {"FLUSHALL", {1, 2, flush}},
      {"FLUSHDB", {1, 2, flush}},
      {"GET", {2, 2, get}},
      {"HGET", {3, 3, hget}},
      {"HGETALL", {2, 2, hgetall}},
      {"HSET", {4, 0, hset}},
      {"INCR", {2, 2, incr}},
      {"INCRBY", {3, 3, incrby}},
      {"LLEN", {2, 2, llen}},
      {"LPOP", {2, 3, pop<Side::Left>}},
      {"LPUSH", {3, 0, push<Side::Left>}},
      {"LRANGE", {4, 4, lrange}},
      {"MGET", {2, 0, mget}},
      {"MSET", {3, 0, mset}},
      {"PERSIST", {2, 2, persist}},
      {"PEXPIRE", {3, 3, expire<milliseconds>}},
      {"PTTL", {2, 2, ttl<milliseconds>}},
      {"RPOP", {2, 3, pop<Side::Right>}},
      {"RPUSH", {3, 0, push<Side::Right>}},
      {"SADD", {3, 0, sadd}},
      {"SCARD", {2, 2, scard}},
      {"SET", {3, 0, set}},
      {"SMEMBERS", {2, 2, smembers}},
      {"SPOP", {2, 2, spop}},
      {"STRLEN", {2, 2, strlen}},
      {"TTL", {2, 2, ttl<seconds>}},
      {"TYPE", {2, 2, type}},
  };
  return all;
}

}  // namespace

std::string name_of(const Command& command) {
  std::string name = command.front();
  for (char& letter : name) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return name;
}

Failure wrong_number_of_arguments(const Command& command) {
  return {"ERR wrong number of arguments for '" + command.front() + "' command"};
}

Reply run(Database& database, Command command) {
  const auto rule = rules().find(name_of(command));
  // A client's own words go back to it, so they must not hold the end of a line.
  if (rule == rules().end()) {
    std::string name = command.front().substr(0, 64);
    std::replace_if(
        name.begin(), name.end(), [](unsigned char letter) { return letter < ' '; }, ' ');
    return {Failure{"ERR unknown command '" + name + "'"}};
  }
  const auto& [least, most, body] = rule->second;
  if (command.size() < least || (most > 0 && command.size() > most)) return {wrong_number_of_arguments(command)};
  return database.with([&](Keyspace& keys) { return body(keys, command); });
}

}  // namespace mini_redis
