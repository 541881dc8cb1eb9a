// A network between instances that loses what it likes; in memory, and the same for each seed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>

#include "exchange.h"

namespace chat::test {

class Network {
 public:
  explicit Network(std::uint64_t seed) : random_(seed) {}

  /// Of an instance. Lifetime: the network's.
  std::shared_ptr<Exchange> connect();
  /// One instance hears nothing and is not heard any more, or again.
  void cut(std::size_t instance);
  void mend(std::size_t instance);
  std::size_t lost() const { return lost_; }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  class Endpoint;
  void carry(std::size_t from, const std::string& room, const out::Event& event);
  void hand_over(Endpoint& to, const std::string& room, const out::Event& event);

  std::mt19937_64 random_;
  std::vector<std::shared_ptr<Endpoint>> endpoints_;
  std::map<std::string, std::map<std::pair<std::size_t, std::string>, rondeau::Instant>> presence_;
  std::size_t lost_ = 0;
};

}  // namespace chat::test
