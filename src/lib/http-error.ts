/** An answer other than the wished-for. The message is for whoever sits at the browser. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export const notThere = (): HttpError => new HttpError(404, 'There is nothing here.');
