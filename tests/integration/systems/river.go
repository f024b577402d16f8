// One program of River's: it migrates, sends a job, or works until a job is done.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type Greeting struct {
	Name string `json:"name"`
}

func (Greeting) Kind() string { return "greeting" }

func greet(_ context.Context, job *river.Job[Greeting]) error {
	fmt.Println("hello,", job.Args.Name)
	return nil
}

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func send(ctx context.Context, pool *pgxpool.Pool) error {
	client, err := river.NewClient[pgx.Tx](riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		return err
	}
	_, err = client.Insert(ctx, Greeting{Name: "world"}, nil)
	return err
}

func work(ctx context.Context, pool *pgxpool.Pool) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(greet))
	client, err := river.NewClient[pgx.Tx](riverpgxv5.New(pool), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		Workers: workers,
	})
	if err != nil {
		return err
	}
	completed, unsubscribe := client.Subscribe(river.EventKindJobCompleted)
	defer unsubscribe()
	if err := client.Start(ctx); err != nil {
		return err
	}
	select {
	case <-completed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return client.Stop(ctx)
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	does := map[string]func(context.Context, *pgxpool.Pool) error{"migrate": migrate, "send": send, "work": work}
	pool, err := pgxpool.New(ctx, "") // it reads the variables of libpq's
	if err == nil {
		defer pool.Close()
		err = does[os.Args[1]](ctx, pool)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
