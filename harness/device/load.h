// How busy other processes keep the machine.
#pragma once

namespace attnscope::harness::device {

// Starts a measurement; mean() is the mean number of CPUs that other processes have kept busy since.
class OtherLoad {
 public:
  OtherLoad();
  double mean() const;

 private:
  double busy_s_, own_s_, wall_s_;
};

}  // namespace attnscope::harness::device
