// The runtimes of this process, for whoever wants to see them all.
#pragma once

#include <memory>
#include <vector>

namespace rondeau::scheduler {
class Core;
}

namespace rondeau::runtime {

/// From its build until its shutdown begins. Any thread.
void add_live_runtime(const std::shared_ptr<scheduler::Core>& core);
void remove_live_runtime(const scheduler::Core& core) noexcept;
std::vector<std::shared_ptr<scheduler::Core>> live_runtimes();

}  // namespace rondeau::runtime
