//! The life of a run in the store against a plain model of it: whatever two workers and a user do, in whatever order, both
//! say the same of each step and of what is left.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

/// How many lives are tried, and how many steps each has at most.
const LIVES: u64 = 40;
const STEPS: usize = 30;
/// How many workers there are.
const WORKERS: usize = 2;

/// What happens; a number is a worker's.
#[derive(Clone, Copy, Debug)]
enum Step {
    Enqueue,
    Claim(usize),
    Commit(usize),
    Finish(usize),
    Release(usize),
    Pause,
    Resume,
    Cancel,
    Restart,
}

impl Step {
    fn random(random: &mut StdRng) -> Self {
        let worker = random.random_range(0..WORKERS);
        match random.random_range(0..12) {
            0 | 1 => Self::Enqueue,
            2 | 3 => Self::Claim(worker),
            4..=6 => Self::Commit(worker),
            7 => Self::Finish(worker),
            8 => Self::Release(worker),
            9 => Self::Pause,
            10 => Self::Resume,
            _ if random.random_bool(0.5) => Self::Cancel,
            _ => Self::Restart,
        }
    }
}

/// A run as the model has it.
#[derive(Clone, Debug)]
struct Life {
    status: RunStatus,
    held_by: Option<usize>,
    generation: u64,
    pages: u64,
}

/// The model: the last run, how many there were, and which run and generation each worker believes to hold.
#[derive(Clone, Debug, Default)]
struct Model {
    life: Option<Life>,
    runs: usize,
    leases: [Option<(usize, u64)>; WORKERS],
}

impl Model {
    /// Takes a step; says whether it can be taken.
    fn step(&mut self, step: Step) -> bool {
        let run = self.runs;
        let leases = self.leases;
        let can = |life: &Life, event: RunEvent| life.status.after(event);
        match (step, &mut self.life) {
            (Step::Restart, life) => {
                if let Some(life) = life {
                    life.held_by = None;
                }
                true
            }
            (Step::Enqueue, life) => {
                if life.as_ref().is_some_and(|life| !life.status.is_final()) {
                    return false;
                }
                *life = Some(Life {
                    status: RunStatus::Queued,
                    held_by: None,
                    generation: 0,
                    pages: 0,
                });
                self.runs += 1;
                true
            }
            (_, None) => false,
            (Step::Claim(worker), Some(life)) => {
                let free = life.held_by.is_none_or(|holder| holder == worker);
                let Some(after) = can(life, RunEvent::Claim).filter(|_| free) else {
                    return false;
                };
                life.status = after;
                life.held_by = Some(worker);
                life.generation += 1;
                self.leases[worker] = Some((run, life.generation));
                true
            }
            (Step::Commit(worker), Some(life)) => {
                let good = !life.status.is_final() && leases[worker] == Some((run, life.generation));
                life.pages += u64::from(good);
                good
            }
            (Step::Release(worker), Some(life)) => {
                let good = !life.status.is_final() && leases[worker] == Some((run, life.generation));
                if good {
                    life.held_by = None;
                }
                good
            }
            (Step::Finish(worker), Some(life)) => match can(life, RunEvent::Succeed) {
                Some(after) if leases[worker] == Some((run, life.generation)) => {
                    life.status = after;
                    true
                }
                _ => false,
            },
            (Step::Pause | Step::Resume | Step::Cancel, Some(life)) => {
                let event = match step {
                    Step::Pause => RunEvent::Pause,
                    Step::Resume => RunEvent::Resume,
                    _ => RunEvent::Cancel,
                };
                let Some(after) = can(life, event) else { return false };
                if event == RunEvent::Resume {
                    life.held_by = None;
                }
                life.status = after;
                true
            }
        }
    }
}

/// The store, with what the workers hold.
struct Real {
    world: World,
    run: Option<RunId>,
    held: [Option<Claimed>; WORKERS],
}

impl Real {
    async fn step(&mut self, step: Step) -> bool {
        let (store, ann, job) = (&self.world.store, &self.world.ann, &self.world.job);
        match step {
            Step::Enqueue => match self.world.enqueue().await {
                Ok(run) => {
                    self.run = Some(run);
                    true
                }
                Err(_) => false,
            },
            Step::Claim(worker) => {
                let Some(run) = &self.run else { return false };
                match self.world.claim(run, &format!("worker {worker}")).await {
                    Ok(claimed) => {
                        self.held[worker] = Some(claimed);
                        true
                    }
                    Err(_) => false,
                }
            }
            Step::Commit(worker) => {
                let Some(held) = &mut self.held[worker] else {
                    return false;
                };
                let next = page(&held.record.run, held.next_page);
                let done = self.world.commit(&held.lease, &[next]).await.is_ok();
                held.next_page += u64::from(done);
                done
            }
            Step::Finish(worker) => {
                let Some(held) = &self.held[worker] else { return false };
                let mut run = held.record.run.clone();
                run.status = RunStatus::Success;
                run.finished_at = Some(at(40));
                let ending = Ending {
                    run,
                    last_error: None,
                    log: (0, Vec::new()),
                };
                store.finish(&held.lease, ann, &ending).await.is_ok()
            }
            Step::Release(worker) => {
                let Some(held) = &self.held[worker] else { return false };
                store.release(&held.lease, NO_LINES, at(50)).await.is_ok()
            }
            Step::Pause => store.pause(ann, job).await.is_ok(),
            Step::Resume => store.resume(ann, job, at(60)).await.is_ok(),
            Step::Cancel => store.cancel(ann, job, at(70)).await.is_ok(),
            Step::Restart => store.release_all(at(80)).await.is_ok(),
        }
    }
}

#[tokio::test]
async fn the_store_and_the_model_agree() {
    for seed in 0..LIVES {
        let mut random = StdRng::seed_from_u64(seed);
        let mut model = Model::default();
        let mut real = Real {
            world: World::new().await,
            run: None,
            held: [None, None],
        };
        let mut steps = Vec::new();
        for _ in 0..STEPS {
            let step = Step::random(&mut random);
            steps.push(step);
            assert_eq!(
                real.step(step).await,
                model.step(step),
                "seed {seed}: {steps:?}: {model:?}"
            );
            let job = real.world.job().await;
            let status = model.life.as_ref().map(|life| life.status);
            assert_eq!(job.status, JobStatus::of(status), "seed {seed}: {steps:?}");
            if let (Some(life), Some(run)) = (&model.life, &real.run) {
                assert_eq!(
                    real.world.run(run).await.run.status,
                    life.status,
                    "seed {seed}: {steps:?}"
                );
                let pages = real.world.pages(run, 0).await;
                assert_eq!(pages.len() as u64, life.pages, "seed {seed}: {steps:?}");
            }
        }
    }
}
